import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**"],
          globalSetup: "test/temporary-directory.ts",
          // CDKTF, the bindings and schemas are loaded once a worker, not once a file. So tests put back the working
          // directory and variables that they change.
          isolate: false,
          // Many wait for a process or a time-out: of two cores Vitest would leave one idle.
          maxWorkers: "100%",
          // A busy machine is no failure.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/e2e/machine.ts",
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
