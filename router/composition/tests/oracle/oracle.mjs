// Asks the two public composers what they say of sets of subgraphs.
// stdin: one set a line, [{name, url, sdl}]; stdout: one answer a line,
// {apollo: {codes, messages, hints, supergraph, ms}, guild: {…}}.
// `oracle.mjs N SECONDS` lets each compose up to N times, no longer than the seconds, and gives the
// shortest time.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.cwd() + "/package.json"));
const { parse } = require("graphql");
const apollo = require("@apollo/composition");
const guild = require("@theguild/federation-composition");

function once(compose, subgraphs) {
  const start = performance.now();
  try {
    const result = compose(
      subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
    );
    const ms = performance.now() - start;
    const errors = result.errors ?? [];
    return {
      ms,
      codes: [...new Set(errors.map((error) => error.extensions?.code ?? "NO_CODE"))].sort(),
      messages: errors.map((error) => error.message),
      hints: (result.hints ?? []).map((hint) => `${hint.definition?.code ?? hint.code} ${hint.coordinate ?? ""}`.trim()),
      supergraph: result.supergraphSdl ?? null,
    };
  } catch (error) {
    const code = error.extensions?.code ?? (error.name === "GraphQLError" ? "INVALID_GRAPHQL" : "THROWN");
    return { ms: performance.now() - start, codes: [code], messages: [String(error.message)], hints: [], supergraph: null };
  }
}

const repeat = Number(process.argv[2] ?? 1);
const budget = Number(process.argv[3] ?? 60) * 1000;

function ask(compose, subgraphs) {
  const start = performance.now();
  const answer = once(compose, subgraphs);
  for (let at = 1; at < repeat && performance.now() - start + answer.ms < budget; at++) {
    answer.ms = Math.min(answer.ms, once(compose, subgraphs).ms);
  }
  return answer;
}

for await (const line of createInterface({ input: process.stdin })) {
  const subgraphs = JSON.parse(line);
  const answer = { apollo: ask(apollo.composeServices, subgraphs), guild: ask(guild.composeServices, subgraphs) };
  process.stdout.write(JSON.stringify(answer) + "\n");
}
