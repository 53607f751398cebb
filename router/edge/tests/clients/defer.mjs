// A query with a deferred fragment by Apollo Client.
// node defer.mjs URL: prints as JSON what the client showed, and how long before the end it did.
import apollo from "@apollo/client/core/core.cjs";

const { ApolloClient, HttpLink, InMemoryCache, gql } = apollo;
const own = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: process.argv[2] }) });
const query = gql`query Page { item(id: "1") { id label ... @defer { appraisal(ms: 600) } } }`;
const shown = [];
await new Promise((resolve, reject) => {
  own.watchQuery({ query, fetchPolicy: "no-cache" }).subscribe({
    next({ data, errors }) {
      if (errors) { reject(new Error(JSON.stringify(errors))); return; }
      if (!data || !data.item) return;
      shown.push({ at: Date.now(), data: JSON.parse(JSON.stringify(data, (key, value) => key === "__typename" ? undefined : value)) });
      if (data.item.appraisal) resolve();
    },
    error: reject,
  });
  setTimeout(() => reject(new Error(`only ${JSON.stringify(shown)}`)), 10000).unref();
});
const end = Date.now();
console.log(JSON.stringify(shown.map(({ at, data }) => ({ data, leftMs: end - at }))));
process.exit(0);
