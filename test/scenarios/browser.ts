import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import chromium from '@sparticuz/chromium';
import { type Browser, type BrowserContextOptions, chromium as engine, type Page } from 'playwright-core';

/** A browser without network that opens pages from disk, and keeps what they do wrong. */
export interface Reading {
  readonly page: Page;
  /** Errors and warnings of the console, and exceptions. */
  readonly complaints: readonly string[];
  /** Addresses that the page asked for beside itself. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  return engine.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu'],
  });
}

/** Opens a page's file and waits until its list of records stands. */
export async function readPage(
  browser: Browser,
  file: string,
  options: BrowserContextOptions = {},
): Promise<Reading> {
  const context = await browser.newContext({ offline: true, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  const url = pathToFileURL(file).href;
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (request.url() !== url) asked.push(request.url());
  });
  await page.goto(url);
  await page.locator('#status', { hasText: /records?.*\.$/u }).waitFor();
  return { page, complaints, asked, close: () => context.close() };
}

/** What axe-core finds wrong with a page as it stands: rule and elements. */
export async function violations(page: Page): Promise<readonly string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated by the inspector, which the page's own policy does not concern.
  await page.evaluate(source);
  const found = (await page.evaluate('axe.run(document)')) as {
    violations: readonly { id: string; nodes: readonly { html: string; failureSummary?: string }[] }[];
  };
  return found.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .slice(0, 3)
        .map((node) => `${node.html} ${node.failureSummary}`)
        .join('\n')}`,
  );
}
