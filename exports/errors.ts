/** What the kit throws where what it was given is wrong. */
export { ExitCode, KitError, type Problem } from "../kit/errors";
