/** A file of systemd. */
export interface UnitFile {
  readonly name: string;
  readonly content: string;
}

export interface ScheduledBackup {
  /** Name of the environment. */
  readonly environment: string;
  /** `03:00`, of the machine. */
  readonly daily: string;
  /** Command lines, one after the other; the next only where the one before has worked. */
  readonly commands: readonly (readonly string[])[];
  /** Where they run: `.kit/` is in it. */
  readonly directory: string;
  /** Folders that they write to; they must be there. */
  readonly writes: readonly string[];
  /** Folders of programs. */
  readonly path: readonly string[];
  /** Whose the environment's secrets are. @default root */
  readonly user?: string | undefined;
}

export const unitName = (environment: string) => `james-oidc-kit-backup-${environment}`;

/** Where variables are, such as those of an S3 store, with secrets that no unit has. */
export const variablesFile = (environment: string) => `/etc/james-oidc-kit/backup-${environment}.env`;

/**
 * A timer, and the service that it starts. A day on which the machine was off is caught up. What speaks with an engine could do all
 * that the engine can; the service has no more than that needs.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
 */
export function systemdUnits(backup: ScheduledBackup): UnitFile[] {
  const { environment, daily, commands, directory, writes, path, user } = backup;
  const name = unitName(environment);
  const service = `[Unit]
Description=Backup of environment ${environment} (james-oidc-kit)
Wants=network-online.target
After=network-online.target docker.service

[Service]
Type=oneshot
${user === undefined ? "" : `User=${user}\n`}WorkingDirectory=${directory.replaceAll("%", "%%")}
Environment=${word(`PATH=${path.join(":")}`, ["%"])}
EnvironmentFile=-${variablesFile(environment)}
${commands.map((command) => `ExecStart=${command.map((one) => word(one, ["%", "$"])).join(" ")}`).join("\n")}
UMask=0077
Nice=10
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
${writes.map((folder) => `ReadWritePaths=${word(folder, ["%"])}`).join("\n")}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
`;
  const timer = `[Unit]
Description=Daily backup of environment ${environment} (james-oidc-kit)

[Timer]
OnCalendar=*-*-* ${daily}:00
Persistent=true

[Install]
WantedBy=timers.target
`;
  return [
    { name: `${name}.service`, content: service },
    { name: `${name}.timer`, content: timer },
  ];
}

/** As systemd reads it again as one word. @param doubled what would stand for something else */
function word(text: string, doubled: readonly string[]): string {
  const escaped = doubled.reduce((all, one) => all.replaceAll(one, () => one + one), text);
  return /^[\w@%+=:,./$-]+$/.test(escaped) ? escaped : `"${escaped.replace(/["\\]/g, "\\$&")}"`;
}
