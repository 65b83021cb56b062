import type { ImageReferences } from "./image-references";

/** How new an image is; releases that were seen when the pins were last looked at, 30 November 2026. */
export interface NewestRelease {
  /** Of the project. */
  readonly newest: string;
  /** Of the series that the kit stays in, and why it does. @default the project's newest */
  readonly series?: { readonly newest: string; readonly why: string };
  /** Why the pin in `image-references.ts` is another. @default it is that */
  readonly pinnedBehind?: string;
  /** Why the kit builds another, where its recipe names a release. @default it is that, or none is named */
  readonly builtBehind?: string;
}

/** Of each image. A pin that is behind for no reason fails a test: raise it, or say why it stays. */
export const newestReleases: Readonly<Record<keyof ImageReferences, NewestRelease>> = {
  redis: {
    newest: "8.10.2",
    series: { newest: "8.2.10", why: "8.2 gets corrections until September 2030" },
  },
  postgres: {
    newest: "18.6",
    series: {
      newest: "15.20",
      why: "15 is Debian 12's, which the kit builds; data of one major release are not read by another",
    },
    pinnedBehind: "no image of 15.19 or 15.20 was seen",
  },
  ldap: { newest: "2.6.10" },
  keycloak: {
    newest: "26.8.1",
    series: { newest: "26.7.5", why: "what the kit knows of realms was recorded of 26.7" },
    builtBehind: "the package registries that the kit is tested with have nothing after 26.7.3",
  },
  james: {
    newest: "3.9.1",
    series: { newest: "3.8.2", why: "IMAP of 3.9.0 garbles bodies (constructs/james/known-releases.ts)" },
    builtBehind: "the package registries have all modules of 3.8.1 only",
  },
  jamesPostgres: {
    newest: "3.9.1",
    series: {
      newest: "3.9.0",
      why: "of 3.9.1 nothing was seen that the kit's classes could be compiled against",
    },
  },
  jdk: {
    newest: "25.0.4",
    series: { newest: "21.0.12", why: "James 3.9 is for 21" },
    pinnedBehind: "it compiles the kit's classes and runs nothing",
  },
  apisix: {
    newest: "3.19.0",
    series: { newest: "3.18.0", why: "the kit has the schemas of 3.18.0, and was run on it" },
  },
  apisixJavaPlugin: { newest: "3.2.0" },
};
