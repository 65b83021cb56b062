import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { packageRoot } from "../../../kit/package-root";
import { findOnPath } from "../../../setup/host/find-on-path";

/** What replaces what, in an example and in the settings that it names. */
type Replacements = Readonly<Record<string, string>>;

/** Where things are that examples name. */
export interface ProxyPlace {
  /** Where clients connect, instead of 192.0.2.10, or of all of the machine's addresses. */
  readonly publicAddress: string;
  /** Where an environment listens that nobody else is to reach, instead of 127.0.0.1. */
  readonly inside: string;
  /** Has `chain.pem`, `key.pem` and `authority.pem`, instead of /etc/ssl/acme, and what the programs are given. */
  readonly folder: string;
}

/** An example of docs/proxies, and how its program is run on it. */
export interface ProxyExample {
  readonly name: string;
  /** Of docs/proxies. */
  readonly file: string;
  /** Debian's package; undefined: there is none. */
  readonly debian?: string;
  readonly program: string;
  /** Who has issued the certificates that it shows: the test's authority, Caddy's own, or the environment's. */
  readonly authority: "test" | "own" | "environment";
  /** Whether mail goes through it, too. */
  readonly mail: boolean;
  /** In the settings. */
  settings(place: ProxyPlace): Replacements;
  /** Writes what the program reads. @returns its arguments */
  prepare(place: ProxyPlace): string[];
}

const examples = join(packageRoot, "docs/proxies");
const example = (file: string) => readFileSync(join(examples, file), "utf8");

/** @throws when something is not there to be replaced: then the example is not the one that is tested */
function replaced(text: string, replacements: Replacements): string {
  return Object.entries(replacements).reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`the example does not say ${from}`);
    return all.replaceAll(from, to);
  }, text);
}

/** The settings that an example's first comment names. */
export function settingsOf({ file, settings }: ProxyExample, place: ProxyPlace): object {
  const [comment = ""] = /^(#.*\n)+/.exec(example(file)) ?? [];
  const yaml = [...comment.matchAll(/^# {3}(.*)$/gm)].map(([, line]) => line).join("\n");
  return parse(replaced(yaml, settings(place)));
}

/** Writes an example, after something of the program's own that is not its matter. */
function write({ folder }: ProxyPlace, file: string, replacements: Replacements, before = ""): string {
  const path = join(folder, file);
  writeFileSync(path, before + replaced(example(file), replacements));
  return path;
}

const certificates = ({ folder }: ProxyPlace) => ({ "/etc/ssl/acme/": `${folder}/` });
/** An environment whose gateway has another port than the proxy, at all addresses. */
const reencrypted = (place: ProxyPlace) => ({
  "0.0.0.0": place.publicAddress,
  ...certificates(place),
});
const passedOn = ({ publicAddress, inside }: ProxyPlace) => ({
  "192.0.2.10": publicAddress,
  "127.0.0.1": inside,
});

export const proxyExamples: readonly ProxyExample[] = [
  {
    ...{ name: "nginx", file: "nginx.conf", debian: "nginx-core", program: "nginx" },
    ...{ authority: "test", mail: false, settings: reencrypted },
    prepare(place) {
      const { publicAddress, folder } = place;
      const file = write(place, "nginx.conf", {
        "listen ": `listen ${publicAddress}:`,
        "127.0.0.1": publicAddress,
        ...certificates(place),
      });
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
      const main = join(folder, "main.conf");
      writeFileSync(
        main,
        `daemon off; pid ${folder}/nginx.pid; error_log stderr; events {}
http { access_log off; ${temporary.map((what) => `${what}_temp_path ${folder}/${what};`).join(" ")} include ${file}; }`,
      );
      return ["-c", main, "-p", folder];
    },
  },
  {
    ...{ name: "Caddy", file: "Caddyfile", debian: "caddy", program: "caddy" },
    ...{ authority: "own", mail: false, settings: reencrypted },
    prepare(place) {
      const { publicAddress } = place;
      const file = write(
        place,
        "Caddyfile",
        { "127.0.0.1": publicAddress, ...certificates(place) },
        `{\nadmin off\nlocal_certs\nskip_install_trust\ndefault_bind ${publicAddress}\n}\n`,
      );
      return ["run", "--adapter", "caddyfile", "--config", file];
    },
  },
  {
    ...{ name: "Traefik", file: "traefik.yaml", program: "traefik" },
    ...{ authority: "test", mail: true },
    settings: (place) => ({ "127.0.0.1\n": `${place.inside}\n`, ...certificates(place) }),
    prepare(place) {
      const { publicAddress, inside, folder } = place;
      write(place, "traefik-routes.yaml", { "127.0.0.1": inside, ...certificates(place) });
      const replacements = { "192.0.2.10": publicAddress, "/etc/traefik/": `${folder}/` };
      const file = write(place, "traefik.yaml", replacements);
      return [`--configfile=${file}`];
    },
  },
  {
    ...{ name: "HAProxy", file: "haproxy.cfg", debian: "haproxy", program: "haproxy" },
    ...{ authority: "environment", mail: true },
    settings: (place) => ({
      "127.0.0.1\n": `${place.inside}\n`,
      // Of a public authority, which nothing here reaches.
      "mode: acme, acme: { email: postmaster@acme.org }": "mode: own",
    }),
    prepare: (place) => ["-db", "-f", write(place, "haproxy.cfg", passedOn(place))],
  },
];

/** Why an example cannot be run here. */
export function lackOf({ name, program, debian }: ProxyExample): string | undefined {
  return debian !== undefined || findOnPath(program)
    ? undefined
    : `Debian has no ${name}, and there is no ${program} on PATH`;
}

/** Installs a program of Debian's where there is none, and starts no service of its. */
export function install({ program, debian }: ProxyExample): void {
  if (debian === undefined || findOnPath(program)) return;
  // https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
  const policy = "/usr/sbin/policy-rc.d";
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    execFileSync(join(packageRoot, "scripts/apt-install"), [debian], { stdio: "ignore" });
  } finally {
    if (isOurs) rmSync(policy);
  }
}
