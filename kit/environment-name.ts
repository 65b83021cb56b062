/** How an environment may be called on the engine. */
export const environmentNamePattern = /^[a-z][a-z0-9-]{0,30}$/;

/** That, in words. */
export const environmentNameForm = "a-z, 0-9 and -, at most 31 characters, a letter first";
