import { Image } from "../constructs/workload/image";

export { secret, synth, type Template, testStack } from "../constructs/testing/template";

export const image = Image.registry("example/image", { tag: "1.2.3" });
