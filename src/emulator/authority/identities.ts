/** What the emulator's authority knows; any tenant but those that begin with `unknown`. */
export const emulatorCredentials = {
  tenantId: '00000000-0000-4000-8000-00000000a0a0',
  clientId: '00000000-0000-4000-8000-000000000001',
  clientSecret: 'emulator-secret',
  /** What a partner user's consent gave the app (page partner-center-authentication, Secure Application Model). */
  refreshToken: 'emulator-refresh-token',
} as const;

/** The partner's user who consents: an admin agent. Whether a second factor was asked for is told in `amr`. */
export const emulatorUser = {
  oid: '00000000-0000-4000-8000-0000000000a1',
  sub: '00000000-0000-4000-8000-0000000000a1',
  name: 'Admin Agent',
  preferred_username: 'admin.agent@partner.example',
  upn: 'admin.agent@partner.example',
  /** Directory role template of a global administrator, as tokens carry roles. */
  wids: ['62e90394-69f5-4237-9190-012177145e10'],
} as const;

/** The CI job that the app trusts (a federated credential of its registration). */
export const trustedJob = {
  subject: 'repo:partner/playbooks:ref:refs/heads/main',
  audiences: [
    'api://AzureADTokenExchange',
    'api://AzureADTokenExchangeChina',
    'api://AzureADTokenExchangeUSGov',
  ],
  /** What the job shows to its CI system to get a token of its own. */
  requestToken: 'emulator-job-token',
  serviceConnection: '00000000-0000-4000-8000-0000000000c1',
} as const;
