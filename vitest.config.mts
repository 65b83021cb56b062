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
          setupFiles: "test/matchers.ts",
          // CDK for Terraform, the bindings and schemas are loaded once a worker, not once a file. So tests put back the working
          // directory and variables that they change.
          isolate: false,
          // Many wait for a process or a time-out: of two cores Vitest would leave one idle.
          maxWorkers: "100%",
          // A busy machine is no failure.
          testTimeout: 120_000,
        },
      },
      {
        test: {
          // What is made of constructs, on the other CDK for Terraform (docs/decisions/0001-cdk-by-one-door.md).
          name: "cdktf",
          include: [
            "test/{apisix,certificates,engine,gateway,httpd,james,keycloak,ldap,platform,postgres,redis,stacks,testing,workload}/**/*.test.ts",
            "test/operations/deployment/synthesize.test.ts",
          ],
          globalSetup: "test/temporary-directory.ts",
          setupFiles: "test/matchers.ts",
          env: { KIT_CDK: "cdktf" },
          isolate: false,
          maxWorkers: "100%",
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/e2e/support/machine.ts",
          fileParallelism: false,
          // A busy machine is no failure.
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
