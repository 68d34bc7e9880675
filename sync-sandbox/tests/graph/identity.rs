//! Managed identities: the metadata service and the endpoint of App Service.

use crate::client::{Answer, Api, answer};

async fn metadata(api: &Api, query: &str, header: Option<&str>) -> Answer {
    let access = api.sandbox.graph();
    let resource = url_encoded(&access.base_url);
    let query = query.replace("{resource}", &resource);
    let mut request = api.client.get(format!("{}/metadata/identity/oauth2/token?{query}", access.authority));
    if let Some(value) = header {
        request = request.header("Metadata", value);
    }
    answer(request).await
}

fn url_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn the_metadata_service_gives_tokens_with_numbers_as_texts() {
    let mut api = Api::start().await;
    let query = "api-version=2018-02-01&resource={resource}";
    let body = metadata(&api, query, Some("true")).await.is(200).body;
    assert_eq!(body["expires_in"], "3599");
    assert!(body["expires_on"].as_str().unwrap().parse::<i64>().unwrap() > 0);
    assert_eq!(body["token_type"], "Bearer");
    api.token = body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(api.get("users").await.is(200).rows().len(), 40);
    let client_id = api.sandbox.graph().client_id.clone();
    metadata(&api, &format!("{query}&client_id={client_id}"), Some("true")).await.is(200);
}

#[tokio::test]
async fn the_metadata_service_refuses_what_no_program_on_the_machine_would_send() {
    let api = Api::start().await;
    let good = "api-version=2018-02-01&resource={resource}";
    for (query, header) in [
        (good, None),
        (good, Some("false")),
        ("resource={resource}", Some("true")),
        ("api-version=1999-01-01&resource={resource}", Some("true")),
        ("api-version=2018-02-01", Some("true")),
        ("api-version=2018-02-01&resource=https%3A%2F%2Fvault.example", Some("true")),
        (
            "api-version=2018-02-01&resource={resource}&client_id=00000000-0000-4000-8000-000000000009",
            Some("true"),
        ),
    ] {
        let refused = metadata(&api, query, header).await.is(400);
        assert!(refused.body["error"].is_string(), "{query}: {}", refused.body);
    }
}

#[tokio::test]
async fn app_service_wants_the_header_that_only_the_app_knows() {
    let mut api = Api::start().await;
    let access = api.sandbox.graph();
    let resource = url_encoded(&access.base_url);
    let url = format!("{}/msi/token?api-version=2019-08-01&resource={resource}", access.authority);
    answer(api.client.get(&url)).await.is(401);
    answer(api.client.get(&url).header("X-IDENTITY-HEADER", "guess")).await.is(401);
    let header = api.sandbox.identity_header();
    let body = answer(api.client.get(&url).header("X-IDENTITY-HEADER", header)).await.is(200).body;
    assert!(body.get("expires_in").is_none(), "it tells the moment only");
    api.token = body["access_token"].as_str().unwrap().to_owned();
    api.get("users").await.is(200);
}
