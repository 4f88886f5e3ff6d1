/**
 * The folder of the project, where lies what the service reads beside its code: the tables, the API's
 * description, the simulator's videos. It is above `src` and above `dist`, where this becomes part of a
 * file that lies in `dist` itself.
 */
export const root = new URL('..', import.meta.url);
