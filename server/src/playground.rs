//! What the page for people offers on this product: how to sign in, and operations to begin with.

use platform_host::config::Config;
use router_edge::{GraphiqlConfig, GraphiqlExample, GraphiqlOrganisations, GraphiqlSignIn};

const SIGN_IN: &str = "mutation SignIn($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) {
    session { accessToken refreshToken }
    userErrors { message }
  }
}";

const REFRESH: &str = "mutation Refresh($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) {
    session { accessToken refreshToken }
    userErrors { message }
  }
}";

const ORGANISATIONS: &str = "query Organisations { me { memberships(first: 100) { edges { node { tenant { id name } } } } } }";

const ENTER: &str = "mutation Enter($id: ID!) {
  switchTenant(input: { tenantId: $id }) {
    session { accessToken refreshToken }
    userErrors { message }
  }
}";

/// Operation and variables; each is a tab, named after its operation.
const EXAMPLES: [(&str, &str); 4] = [
    (
        "# What is for sale. Anybody may ask; sign in above for the other tabs.
query Products {
  products(first: 10) { edges { node { module name summary } } }
}
",
        "",
    ),
    (
        "# Who I am, where, and what my organisation may use: two modules answer.
query Overview {
  me { displayName email }
  tenant { name licenses { module kind status expiresAt } }
}
",
        "",
    ),
    (
        "# One operation over all modules: CVs and their scores, and what the interviews said.
query Candidates {
  tenant { name licenses { module status } }
  cvAnalyses(first: 10) {
    edges {
      node {
        id
        score { total }
        missingSkills
        suggestedProbes { skill question }
        interviews(first: 5) { edges { node { title status report { overall } } } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
",
        "",
    ),
    (
        "# Follow an analysis. Put its id into the variables; `cursor` resumes after a break.
subscription Progress($analysis: ID!, $after: String) {
  cvAnalysisProgress(analysisId: $analysis, after: $after) { cursor stage percent message }
}
",
        r#"{ "analysis": "" }"#,
    ),
];

/// Fills in what the operator left open.
pub(crate) fn complete(config: &mut Config) {
    let page = &mut config.edge.graphiql;
    if page.examples == GraphiqlConfig::default().examples {
        page.examples = examples();
    }
    page.sign_in.get_or_insert_with(sign_in);
}

fn examples() -> Vec<GraphiqlExample> {
    EXAMPLES
        .map(|(document, variables)| GraphiqlExample {
            document: document.to_owned(),
            variables: variables.to_owned(),
        })
        .to_vec()
}

fn sign_in() -> GraphiqlSignIn {
    GraphiqlSignIn {
        document: SIGN_IN.to_owned(),
        refresh: Some(REFRESH.to_owned()),
        organisations: Some(GraphiqlOrganisations {
            document: ORGANISATIONS.to_owned(),
            items: "me.memberships.edges".to_owned(),
            id: "node.tenant.id".to_owned(),
            name: "node.tenant.name".to_owned(),
            enter: ENTER.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use router_engine::{
        Engine, EngineOptions, GraphqlRequest, OperationKind, RemoteClient, RemoteOptions,
    };

    /// The generated supergraph of all modules.
    const SUPERGRAPH: &str = include_str!("../../schema/supergraph.graphql");

    #[tokio::test]
    async fn every_document_of_the_page_is_valid_on_the_product() {
        let addressed = SUPERGRAPH.replace("\"local:", "\"http://127.0.0.1:9/");
        let client = RemoteClient::new(RemoteOptions::default()).unwrap();
        let engine = Engine::remote(&addressed, &client, EngineOptions::default()).unwrap();
        let examples = EXAMPLES.iter().map(|(document, _)| *document);
        for document in examples.chain([SIGN_IN, REFRESH, ORGANISATIONS, ENTER]) {
            let mut request = GraphqlRequest::new(document);
            for name in ["email", "password", "refreshToken", "id", "analysis"] {
                request.variables.insert(name.to_owned(), "x".into());
            }
            // a subscription has no plan for one answer, and is validated on the way
            let refused = match engine.operation_kind(&request) {
                Ok(OperationKind::Subscription) => engine.coordinates(&request).await.err(),
                Ok(_) => engine.explain(&request).await.err(),
                Err(response) => Some(response),
            };
            assert!(refused.is_none(), "{document}\n{refused:?}");
        }
    }

    #[test]
    fn what_the_operator_chose_stays() {
        let mut config = Config::default();
        config.edge.graphiql.examples = Vec::new();
        complete(&mut config);
        assert!(config.edge.graphiql.examples.is_empty());
        assert!(config.edge.graphiql.sign_in.is_some());
    }
}
