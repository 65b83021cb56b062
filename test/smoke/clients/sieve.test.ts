import { expect, it } from "vitest";
import { connectLines } from "../../../smoke/clients/line-client";
import { deleteScript, listScripts, putScript } from "../../../smoke/clients/sieve";
import { serveScript } from "../tcp-server";

it("puts, lists and deletes a script", async () => {
  // The script's own line and the empty end of the command get no answer.
  const { address, received } = await serveScript("", [
    "",
    "OK\r\n",
    "",
    '"a b"\r\n"c" ACTIVE\r\nOK "done"\r\n',
    "OK\r\n",
  ]);
  const lines = await connectLines(address, 2000);
  await putScript(lines, "a b", "keep;\r\n");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await listScripts(lines)).toEqual(["a b", "c"]);
  await deleteScript(lines, "c");
  expect(received).toEqual(['PUTSCRIPT "a b" {7+}', "keep;", "", "LISTSCRIPTS", 'DELETESCRIPT "c"']);
  lines.close();
});

it("tells what the server refused", async () => {
  const { address } = await serveScript("", ['NO (NONEXISTENT) "There is no script by that name"\r\n']);
  const lines = await connectLines(address, 2000);
  await expect(deleteScript(lines, "x")).rejects.toThrow("NONEXISTENT");
  lines.close();
});
