// Runs the module named on the command line: `node run.mjs wasm.wasm`.
import { readFile } from "node:fs/promises";

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]), {});
for (const levels of [1, 2, 30]) {
  const rooms = instance.exports.play(levels);
  console.log(`${levels} levels, ${rooms} rooms are left`);
  if (rooms !== 100) process.exit(1);
}
