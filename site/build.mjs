// Bundles scripts, styles and fonts into sgbasis/explorer/assets: classic scripts that also run from the file system.
import { build } from "esbuild";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const outdir = fileURLToPath(new URL("../sgbasis/explorer/assets", import.meta.url));

await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: { explorer: "src/explorer.ts" },
  outdir,
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "sgbasisExplorer",
  target: "es2022",
  legalComments: "eof",
  logLevel: "warning",
  // Fonts stand inside the stylesheet: some browsers load none from another folder of the file system.
  loader: { ".woff2": "dataurl", ".woff": "empty", ".ttf": "empty" },
});
