import { userError, type UserError } from './user-errors.ts';

export const maxTags = 10;
export const maxTagLength = 50;

/** Tags as they are stored, without blanks around them, and what is wrong with them. */
export function checkTags(given: readonly string[] | null | undefined): {
  tags: string[];
  problems: UserError[];
} {
  const tags = (given ?? []).map((tag) => tag.trim());
  const refuse = (message: string) => ({
    tags,
    problems: [userError('tags', 'TAGS_INVALID', message)],
  });
  if (tags.length > maxTags) {
    return refuse(`A generation has at most ${maxTags} tags, not ${tags.length}.`);
  }
  const isInvalid = (tag: string) =>
    tag === '' || [...tag].length > maxTagLength || /\p{Cc}/u.test(tag);
  if (tags.some(isInvalid)) {
    return refuse(`A tag has 1 to ${maxTagLength} characters, none of them a control character.`);
  }
  if (new Set(tags).size < tags.length) return refuse('Each tag can be given once only.');
  return { tags, problems: [] };
}
