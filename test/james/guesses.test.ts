import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";

/** Fifty try a wrong password of one user at once, which takes a moment; then one who knows it, from elsewhere and from there. */
const program = `
import kit.james.Guesses;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

public class Tries {
    public static void main(String[] args) throws Exception {
        Guesses guesses = new Guesses();
        AtomicInteger asked = new AtomicInteger();
        ExecutorService all = Executors.newFixedThreadPool(50);
        for (int n = 0; n < 50; n++) {
            all.submit(() -> {
                if (!guesses.begin("amy", "here", 0)) return null;
                asked.incrementAndGet();
                Thread.sleep(20);
                guesses.failed("amy", "here", 0);
                guesses.end("amy", "here");
                return null;
            });
        }
        all.shutdown();
        boolean over = all.awaitTermination(20, TimeUnit.SECONDS);
        System.out.println(over + " " + asked + " " + guesses.begin("amy", "there", 0) + " " + guesses.begin("amy", "here", 0)
            + " " + guesses.begin("amy", "here", 15_000));

        // Right ones wait for each other and are all taken.
        ExecutorService right = Executors.newFixedThreadPool(50);
        AtomicInteger taken = new AtomicInteger();
        for (int n = 0; n < 50; n++) {
            right.submit(() -> {
                if (guesses.begin("bob", "here", 15_000)) taken.incrementAndGet();
                guesses.succeeded("bob", "here");
                guesses.end("bob", "here");
                return null;
            });
        }
        right.shutdown();
        System.out.println(right.awaitTermination(20, TimeUnit.SECONDS) + " " + taken);
    }
}`;

function lackOfJava(): string | undefined {
  try {
    execFileSync("javac", ["-version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "there is no JDK";
  }
}

it("as many guesses at once are asked about as are left, and no more", ({ skip }) => {
  const lack = lackOfJava();
  if (lack) skip(lack);
  const folder = mkdtempSync(join(tmpdir(), "kit-guesses-"));
  try {
    const source = join(folder, "Tries.java");
    writeFileSync(source, program);
    execFileSync("javac", [
      ...["-proc:none", "-d", folder],
      ...[join(packageRoot, "images/james/extension/common/Guesses.java"), source],
    ]);
    const said = execFileSync("java", ["-cp", folder, "Tries"], { encoding: "utf8" });
    expect(said).toBe("true 10 true false true\ntrue 50\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
