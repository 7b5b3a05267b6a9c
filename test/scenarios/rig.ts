import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent, fetch } from 'undici';

/**
 * Scenario tests drive the built command line as a process against the emulator process, over HTTP, as a user
 * would. This rig starts both, gives each test a folder of its own, and leaves nothing running behind it.
 */

export const root = path.join(import.meta.dirname, '../..');
const executable = path.join(root, 'dist/tenantry.js');
export const workflows = path.join(root, 'workflows');

export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  /** Signals the process and, where it leads a group (`within`), the whole of that; nothing where it is gone. */
  signal(name: NodeJS.Signals): void;
  /** What it has written to stderr so far. */
  stderr(): string;
  /** Resolves when stderr or stdout contains the text; rejects when the process ends without it. */
  says(text: string): Promise<void>;
  readonly finished: Promise<Finished>;
}

export interface EmulatorState {
  readonly customers: readonly Record<string, unknown>[];
  readonly [kind: string]: readonly Record<string, unknown>[];
}

export interface Rig {
  readonly folder: string;
  readonly url: string;
  /** The certificate of an emulator that speaks HTTPS. */
  readonly caFile?: string;
  file(name: string): string;
  write(name: string, text: string | Uint8Array): Promise<string>;
  read(name: string): Promise<string>;
  /** Starts the command; the emulator's address and credentials are in its environment. */
  start(args: readonly string[], options?: StartOptions): Started;
  run(args: readonly string[], options?: StartOptions): Promise<Finished>;
  state(): Promise<EmulatorState>;
  stats(): Promise<Record<string, unknown> & { requests: number; throttled: number; seenAgain: number }>;
  /** Asks the emulator for something, as a browser would or a CI system; the certificate of `--https` is trusted. */
  fetch(place: string, request?: { readonly method?: string; readonly body?: string }): Promise<Response>;
  /** Changes how the emulator behaves while it runs. */
  behave(options: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly cwd?: string;
  /** Words that the command is put behind: a shell, a namespace. The process is then that one, and leads a group. */
  readonly within?: readonly string[];
}

/** Starts an emulator process and a folder for one test. */
export async function openRig(emulatorArgs: readonly string[] = []): Promise<Rig> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tenantry-test-'));
  const emulator = startProcess([process.execPath, executable, 'emulator', '--json', ...emulatorArgs], {
    cwd: folder,
    env: process.env,
  });
  await emulator.says('\n');
  const { url, caFile, ...credentials } = JSON.parse(emulator.stdout()) as Record<string, string>;
  const env = {
    ...process.env,
    TENANTRY_TARGET: url,
    TENANTRY_TENANT_ID: credentials.tenantId,
    TENANTRY_CLIENT_ID: credentials.clientId,
    TENANTRY_CLIENT_SECRET: credentials.clientSecret,
    TENANTRY_REFRESH_TOKEN: credentials.refreshToken,
    TENANTRY_CA_FILE: caFile,
    // Keys and tokens that a command keeps for its user are the test's own.
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    TENANTRY_STATE_KEY: 'a key of the scenario tests',
    CI: 'true',
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    // A test says itself what job it is in, whatever job runs the tests.
    GITHUB_ACTIONS: undefined,
    TF_BUILD: undefined,
  };
  const running = new Set<ReturnType<typeof startProcess>>();
  const start: Rig['start'] = (args, options = {}) => {
    const { within = [] } = options;
    const started = startProcess([...within, process.execPath, executable, ...args], {
      cwd: options.cwd ?? folder,
      env: { ...env, ...options.env },
      input: options.input,
      group: within.length > 0,
    });
    running.add(started);
    void started.finished.finally(() => running.delete(started));
    return started;
  };
  const dispatcher = new Agent(
    caFile === undefined ? {} : { connect: { ca: await readFile(caFile, 'utf8') } },
  );
  const reach: Rig['fetch'] = async (place, request = {}) =>
    (await fetch(url + place, {
      ...request,
      dispatcher,
      headers: { 'content-type': 'application/json' },
    })) as unknown as Response;
  const ask = async <T>(place: string): Promise<T> =>
    (await (await reach(`/_emulator/${place}`)).json()) as T;
  return {
    folder,
    url: url!,
    ...(caFile === undefined ? {} : { caFile }),
    file: (name) => path.join(folder, name),
    write: async (name, text) => {
      await writeFile(path.join(folder, name), text);
      return path.join(folder, name);
    },
    read: (name) => readFile(path.join(folder, name), 'utf8'),
    start,
    run: (args, options) => start(args, options).finished,
    state: () => ask('state'),
    stats: () => ask('stats'),
    fetch: reach,
    behave: async (options) => {
      await reach('/_emulator/options', { method: 'POST', body: JSON.stringify(options) });
    },
    close: async () => {
      await dispatcher.destroy();
      for (const started of [...running, emulator]) started.signal('SIGKILL');
      await Promise.all([...running, emulator].map((started) => started.finished));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startProcess(
  command: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly input?: string | undefined;
    readonly group?: boolean;
  },
) {
  const child = spawn(command[0]!, command.slice(1), {
    cwd: options.cwd,
    env: options.env,
    detached: options.group === true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A process may end before it has read what it is given, which is no fault of a test.
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  child.stdin.end(options.input ?? '');
  const finished = once(child, 'close').then(
    ([status, signal]) => ({ status, signal, stdout, stderr }) as Finished,
  );
  return {
    process: child,
    signal: (name: NodeJS.Signals) => {
      if (options.group !== true) return void child.kill(name);
      try {
        process.kill(-child.pid!, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
    stdout: () => stdout,
    stderr: () => stderr,
    finished,
    says: (text: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (stdout.includes(text) || stderr.includes(text)) resolve();
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        void finished.then(({ status }) =>
          reject(
            new Error(
              `it ended with ${status} without saying ${JSON.stringify(text)}:\n${stdout}\n${stderr}`,
            ),
          ),
        );
        look();
      }),
  };
}
