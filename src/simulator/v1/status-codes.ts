import type { BaseResp } from '../../minimax/v1/wire.ts';

/** Every `base_resp.status_code` of wire contract §4.1 but 0, with the text this simulator sends along. */
export const STATUS_MESSAGES: Readonly<Record<number, string>> = {
  1000: 'unknown error',
  1001: 'request timeout',
  1002: 'rate limit exceeded(RPM)',
  1004: "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
  1008: 'insufficient balance',
  1013: 'internal service error',
  1024: 'internal error',
  1026: 'input new_sensitive',
  1027: 'output new_sensitive',
  1028: 'daily quota exhausted',
  1030: 'quota exhausted',
  1033: 'system error, please try again later',
  1039: 'rate limit exceeded(TPM)',
  1041: 'conn limit',
  1042: 'too many invisible characters',
  1043: 'asr similarity check failed',
  1044: 'clone prompt similarity check failed',
  2013: 'invalid params',
  2037: 'voice duration out of range',
  2038: 'real-name verification required',
  2039: 'voice id already exists',
  2042: 'no permission for this voice id',
  2045: 'rate growth limit exceeded',
  2048: 'prompt audio too long',
  2049: 'invalid api key',
  2056: 'usage limit exceeded',
  2061: 'model not supported by the current plan',
  20132: 'invalid samples',
};

export function baseResp(code: number, message = STATUS_MESSAGES[code] ?? ''): BaseResp {
  return { status_code: code, status_msg: message };
}
