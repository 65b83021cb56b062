import { expect, it } from "vitest";
import { ExitCode, type KitError } from "../../../kit/errors";
import { requireDiskSpace } from "../../../setup/host/disk-space";

it("accepts a disk with room, and refuses one without, naming both sizes", () => {
  requireDiskSpace("/tmp", 1, "write a byte");
  let error: unknown;
  try {
    requireDiskSpace("/tmp", 1e18, "build the image james");
  } catch (caught) {
    error = caught;
  }
  expect((error as KitError).exitCode).toBe(ExitCode.machine);
  expect((error as KitError).message).toMatch(
    /^There is not enough disk space to build the image james\n.*\/tmp: .*Got "[\d.]+ GB free"\. Allowed: at least 1000000000\.0 GB\./,
  );
});
