"use strict";
// Answers lines of JSON with the extension's WebAssembly, as `cargo run -p lapwing-core --example scan` does natively.
// node answers.js FOLDER < questions > answers

const { readFileSync } = require("node:fs");
const { open } = require("./module.js");

(async () => {
  const { module, lists, fresh } = open(process.argv[2]);
  const glue = await fresh();
  glue.initSync({ module });
  const probe = new glue.Probe(lists);
  const lines = readFileSync(0, "utf8").split("\n").filter((line) => line !== "");
  process.stdout.write(lines.map((line) => probe.scan(line) + "\n").join(""));
})();
