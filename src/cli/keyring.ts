import process from 'node:process';

/** The keyring of the operating system, as far as the key of the state needs it. */
export interface Keyring {
  /** What the system calls it. */
  readonly name: string;
  /** Undefined where it holds none. Throws where it cannot be read, such as when it is locked. */
  read(account: string): Promise<string | undefined>;
  write(account: string, text: string): Promise<void>;
  remove(account: string): Promise<void>;
}

/** Throws, in words, where there is none that outlives a restart of the machine. */
export type OpenKeyring = () => Promise<Keyring>;

/**
 * Only what keeps its content on disk. Linux has a keyring of the kernel's, too, which forgets everything when
 * the machine restarts ("keyrings(7)"); the library falls back to it unless it is told which to use.
 */
const names: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'macOS Keychain',
  win32: 'Windows Credential Manager',
  linux: 'Secret Service',
};
const options = { linux: { store: 'secret-service' } } as const;
const service = 'tenantry';

export const openKeyring: OpenKeyring = async () => {
  const name = names[process.platform];
  if (name === undefined) throw new Error(`no keyring is supported on ${process.platform}`);
  const library = await import('@napi-rs/keyring').catch(() => undefined);
  // Older ones do not know that option, and so fall back in silence.
  if (library === undefined || !Object.hasOwn(library, 'LinuxStore'))
    throw new Error('the optional package @napi-rs/keyring 2 is not installed, or not for this system');
  const { AsyncEntry } = library;
  const entry = (account: string) => new AsyncEntry(service, account, options);
  return {
    name,
    read: async (account) => (await entry(account).getPassword()) ?? undefined,
    write: (account, text) => entry(account).setPassword(text),
    remove: async (account) => void (await entry(account).deleteCredential()),
  };
};
