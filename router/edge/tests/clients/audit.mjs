// The audit of GraphQL over HTTP by its authors. Prints every case that is not ok, as JSON.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
const left = results.filter((result) => result.status !== "ok");
console.log(JSON.stringify({
  cases: results.length,
  left: left.map(({ id, name, status, reason }) => ({ id, name, status, reason })),
}));
