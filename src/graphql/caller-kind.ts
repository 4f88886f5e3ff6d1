import { registerEnumType } from 'type-graphql';
import type { Caller } from './caller.ts';

export const CallerKindEnum: { [Kind in Caller['kind']]: Kind } = {
  LOCAL: 'LOCAL',
  API_KEY: 'API_KEY',
  JWT: 'JWT',
};
registerEnumType(CallerKindEnum, {
  name: 'CallerKind',
  description: 'How a caller is known.',
  valuesConfig: {
    LOCAL: { description: 'Not at all: nobody but this machine can ask, and no key exists yet.' },
    API_KEY: { description: 'By an API key of this service.' },
    JWT: { description: 'By a token of the configured OpenID Connect issuer.' },
  },
});
