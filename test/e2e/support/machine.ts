import { join } from "node:path";
import { packageRoot } from "../../../kit/package-root";
import { builtImages, imagesIn } from "../../../platform/image-set";
import { prepareMachine } from "../../../setup/machine";
import { createProgress } from "../../../setup/progress/progress";

/** Before the first test: engine, provider and images, which take minutes on a new machine, and are shown as they come. */
export default async function setup(): Promise<void> {
  const images = imagesIn(builtImages(join(packageRoot, "images")), {
    gateway: { kind: "httpd", revocation: "introspection" },
    certificates: { managed: true },
  });
  await prepareMachine({ images, progress: createProgress() });
}
