export type Role = 'CLIENT' | 'AUDITOR' | 'ADMIN';

/** Who asks. */
export interface Caller {
  /** Stays the same when a key is rotated; generations belong to it. */
  id: string;
  kind: 'LOCAL' | 'API_KEY' | 'JWT';
  role: Role;
  /** Callers of one tenant see each other's generations. */
  tenant: string | null;
  /** The key that was shown, when it was one. */
  apiKeyId?: string;
}
