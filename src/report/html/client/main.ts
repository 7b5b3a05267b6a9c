import { browse } from './browser.ts';
import { pageData } from './chunks.ts';

const root = document.getElementById('browser');
if (root !== null) {
  browse(root, pageData()).catch((error: unknown) => {
    // A browser from before 2023 cannot unpack the records.
    root.textContent = `The records cannot be shown by this browser: ${String(error)}`;
  });
}
