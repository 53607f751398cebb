// Asks the two public composers what they say of sets of subgraphs.
// stdin: [[{name, url, sdl}]]; stdout: [{apollo: {codes, messages, hints, supergraph, ms}, guild: {…}}]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.cwd() + "/package.json"));
const { parse } = require("graphql");
const apollo = require("@apollo/composition");
const guild = require("@theguild/federation-composition");

function ask(compose, subgraphs) {
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
      hints: (result.hints ?? []).map((hint) => hint.definition?.code ?? hint.code ?? String(hint)),
      supergraph: result.supergraphSdl ?? null,
    };
  } catch (error) {
    const code = error.extensions?.code ?? (error.name === "GraphQLError" ? "INVALID_GRAPHQL" : "THROWN");
    return { ms: performance.now() - start, codes: [code], messages: [String(error.message)], hints: [], supergraph: null };
  }
}

const sets = JSON.parse(readFileSync(0, "utf8"));
const repeat = Number(process.argv[2] ?? 1);
const answers = sets.map((subgraphs) => {
  let answer;
  for (let at = 0; at < repeat; at++) {
    const apolloAnswer = ask(apollo.composeServices, subgraphs);
    const guildAnswer = ask(guild.composeServices, subgraphs);
    apolloAnswer.ms = Math.min(apolloAnswer.ms, answer?.apollo.ms ?? Infinity);
    guildAnswer.ms = Math.min(guildAnswer.ms, answer?.guild.ms ?? Infinity);
    answer = { apollo: apolloAnswer, guild: guildAnswer };
  }
  return answer;
});
process.stdout.write(JSON.stringify(answers));
