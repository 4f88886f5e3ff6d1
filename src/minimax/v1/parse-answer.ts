import { asObject, layersOf, type Fields } from '../envelope.ts';
import { shownText, type Redact } from '../reading.ts';
import { asHttpUrl, asId, asSize, asText, firstOf } from '../values.ts';

export interface TaskFields {
  /** Empty when the answer has none. */
  statusWord: string;
  fileId: string | null;
  videoWidth: number | null;
  videoHeight: number | null;
  downloadUrl: string | null;
  /** A reason outside `base_resp`, as some proxies give it. */
  failReason: string | null;
}

export function readTaskFields(fields: Fields): TaskFields {
  const layers = layersOf(fields);
  const pick = <T>(read: (value: unknown) => T | null, key: string) =>
    firstOf(layers, (layer) => read(layer[key]));
  // Beside the task's own word a gateway may have one for the query.
  const ofTask = layers.filter((layer) => asId(layer.task_id) !== null);
  return {
    statusWord: firstOf([...ofTask, ...layers], ({ status }) => asText(status)) ?? '',
    fileId: pick(asId, 'file_id'),
    videoWidth: pick(asSize, 'video_width'),
    videoHeight: pick(asSize, 'video_height'),
    downloadUrl: readFileFields(fields).downloadUrl,
    failReason: pick(asText, 'fail_reason'),
  };
}

export interface FileFields {
  downloadUrl: string | null;
  bytes: number | null;
  filename: string | null;
}

/** The file of an answer, at `file` or, as proxies nest it, within `data`. */
export function readFileFields(fields: Fields): FileFields {
  const file = firstOf(layersOf(fields), (layer) => asObject(layer.file)) ?? {};
  return {
    downloadUrl: asHttpUrl(file.download_url) ?? asHttpUrl(file.backup_download_url),
    bytes: asSize(file.bytes),
    filename: asText(file.filename),
  };
}

/** The amounts of a balance answer, as MiniMax writes them (wire contract §2). */
export function readBalanceFields(fields: Fields, redact: Redact) {
  return {
    available: shownText(fields.available_amount, redact),
    cash: shownText(fields.cash_balance, redact),
    voucher: shownText(fields.voucher_balance, redact),
    credit: shownText(fields.credit_balance, redact),
    owed: shownText(fields.owed_amount, redact),
  };
}
