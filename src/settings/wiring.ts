import type { Config } from '../config.ts';
import { SettingsResolver } from './resolver.ts';

/** How the service is set, told to admins. */
export function createSettings(config: Config) {
  return { resolvers: [new SettingsResolver(config)] };
}
