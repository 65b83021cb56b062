import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "test/platform.ts",
    // The application finds the platform's host names, which are below `localhost`.
    setupFiles: "james-oidc-kit/localhost",
    testTimeout: 30_000,
    // For removing the platform.
    teardownTimeout: 60_000,
  },
});
