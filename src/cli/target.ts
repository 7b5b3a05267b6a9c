import { DiagnosticsError } from '../diagnostics/diagnostic.ts';
import type { Cloud, PartnerType } from '../operations/operation.ts';
import { resolveTarget, type Target } from '../partner-center/clouds.ts';
import { TransportError, type World } from '../world/world.ts';
import { accept, usage } from './load-playbook.ts';

/** The target that a command line names, as plans record it. The emulator is never a default: real work is named. */
export function targetName(option: string | undefined): string {
  if (option === undefined) {
    throw usage(
      'no target was given',
      'add --target emulator to try things out, or --target global for the real service',
    );
  }
  return option;
}

const timeoutMs = 10_000;
const clouds: readonly Cloud[] = ['global', 'china', 'usgov', 'germany'];
const partners: readonly PartnerType[] = ['direct', 'provider', 'reseller'];

/**
 * The target of a name or a URL. An emulator on this machine is asked which cloud and which partner it plays.
 * @throws DiagnosticsError TARGET where there is no such target, or none that answers on this machine
 */
export async function findTarget(name: string, world: World): Promise<Target> {
  const target = accept(resolveTarget(name));
  if (!target.loopback) return target;
  const told = await tellingOf(target, world);
  const cloud = clouds.find((each) => each === told.cloud);
  const partner = partners.find((each) => each === told.profile);
  return {
    ...target,
    ...(cloud === undefined ? {} : { cloud }),
    ...(partner === undefined ? {} : { partner }),
  };
}

/** What is no emulator of ours knows nothing of the path: it plays the global cloud. */
async function tellingOf(target: Target, world: World): Promise<Readonly<Record<string, unknown>>> {
  const url = `${target.root}/_emulator/options`;
  try {
    const answer = await world.transport.send({ method: 'GET', url, headers: {}, timeoutMs });
    const told: unknown = answer.status === 200 ? JSON.parse(answer.body) : {};
    return typeof told === 'object' && told !== null ? (told as Readonly<Record<string, unknown>>) : {};
  } catch (error) {
    if (!(error instanceof TransportError)) return {};
    const message = `${target.name} cannot be reached: ${error.message}`;
    const help =
      error.reason === 'tls'
        ? 'its certificate is not trusted: name the file that tenantry emulator --https printed with TENANTRY_CA_FILE'
        : 'start it with tenantry emulator, or name another target';
    throw new DiagnosticsError([{ code: 'TARGET', severity: 'error', message, help }]);
  }
}
