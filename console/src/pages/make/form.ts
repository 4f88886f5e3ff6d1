import type { CreateVideoGenerationInput, ModelsQuery } from '../../../generated/graphql.ts';

export type Model = ModelsQuery['videoModels'][number];
export type Mode = Model['modes'][number];
export type MediaInput = Mode['inputs'][number];

/** What is being filled in; an empty text is not given. */
export interface Form {
  model: string;
  prompt: string;
  duration: string;
  resolution: string;
  aspectRatio: string;
  promptOptimizer: boolean;
  fastPretreatment: boolean;
  promptExpansion: string;
  tags: string[];
  /** URLs and data URLs by the field that they are for. */
  media: Record<string, string[]>;
}

export const emptyForm: Form = {
  model: '',
  prompt: '',
  duration: '',
  resolution: '',
  aspectRatio: '',
  promptOptimizer: true,
  fastPretreatment: false,
  promptExpansion: '',
  tags: [],
  media: {},
};

/** Every input that some mode of the model takes, once; required is what no mode goes without. */
export function inputsOf(model: Model): MediaInput[] {
  const byField = new Map<string, MediaInput>();
  for (const input of model.modes.flatMap(({ inputs }) => inputs)) {
    const required = model.modes.every(({ inputs }) =>
      inputs.some((other) => other.field === input.field && other.required),
    );
    if (!byField.has(input.field)) byField.set(input.field, { ...input, required });
  }
  return [...byField.values()];
}

/** The mode that the given media select, or the first that has room for them. */
export function modeOf(model: Model, media: Form['media']): Mode | undefined {
  const given = Object.keys(media).filter((field) => media[field]!.length > 0);
  const fits = ({ inputs }: Mode) =>
    given.every((field) => inputs.some((input) => input.field === field)) &&
    inputs.every(({ required, field }) => !required || given.includes(field));
  return (
    model.modes.find(fits) ??
    model.modes.find(({ inputs }) =>
      given.every((field) => inputs.some((input) => input.field === field)),
    ) ??
    model.modes[0]
  );
}

export function inputOf(form: Form, model: Model): CreateVideoGenerationInput {
  const { media } = form;
  const given = (field: string) => {
    const urls = media[field] ?? [];
    return urls.length > 0 ? urls : undefined;
  };
  const clips = (field: string) => given(field)?.map((url) => ({ url }));
  const isFirst = model.apiGeneration === 1;
  return withoutGaps({
    model: form.model,
    prompt: form.prompt || undefined,
    duration: form.duration === '' ? undefined : Number(form.duration),
    resolution: form.resolution || undefined,
    aspectRatio: form.aspectRatio || undefined,
    firstFrameImage: given('firstFrameImage')?.[0],
    lastFrameImage: given('lastFrameImage')?.[0],
    subjectReference: given('subjectReference') && [{ image: given('subjectReference')! }],
    referenceImages: given('referenceImages'),
    referenceVideos: clips('referenceVideos'),
    referenceAudios: clips('referenceAudios'),
    promptOptimizer: isFirst ? form.promptOptimizer : undefined,
    fastPretreatment: isFirst && form.fastPretreatment ? true : undefined,
    promptExpansion: form.promptExpansion || undefined,
    tags: form.tags.length > 0 ? form.tags : undefined,
  });
}

function withoutGaps(input: Record<string, unknown>): CreateVideoGenerationInput {
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined),
  ) as unknown as CreateVideoGenerationInput;
}
