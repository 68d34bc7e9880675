//! Zones, keys and paths.

use crate::client::{Api, send};
use reqwest::Method;

#[tokio::test]
async fn the_zone_is_told_without_keys_and_its_address_ends_with_a_slash() {
    let api = Api::start().await;
    let user = &api.sandbox.autotask().username;
    let asked = api.bare(Method::GET, "atservicesrest/v1.0/zoneInformation").query(&[("user", user)]);
    let zone = send(asked).await.is(200).json();
    assert_eq!(zone["url"], format!("{}/ATServicesRest/", api.sandbox.autotask().base_url));
    assert!(zone["webUrl"].is_string() && zone["zoneName"].is_string() && zone["ci"].is_i64());
    for user in ["nobody@contoso.example", ""] {
        let asked = api.bare(Method::GET, "ATServicesRest/v1.0/zoneInformation").query(&[("user", user)]);
        send(asked).await.refuses(500, "could not be found");
    }
    let versions = send(api.bare(Method::GET, "atservicesrest/versioninformation")).await.is(200).json();
    assert_eq!(versions["apiVersions"][0], "v1.0");
}

#[tokio::test]
async fn a_database_that_moved_answers_401_in_the_old_zone_and_works_in_the_new() {
    let api = Api::start().await;
    api.inside().move_zone();
    api.get("Contacts/1").await.refuses(401, "could not be authenticated");
    let user = &api.sandbox.autotask().username;
    let asked = api.bare(Method::GET, "ATServicesRest/v1.0/zoneInformation").query(&[("user", user)]);
    let url = send(asked).await.is(200).json()["url"].as_str().unwrap().to_owned();
    api.get(&format!("{url}v1.0/Contacts/1")).await.is(200);
}

#[tokio::test]
async fn paths_are_taken_in_any_case() {
    let api = Api::start().await;
    let id = api.contact(serde_json::json!({})).await;
    for path in ["contacts", "CONTACTS", "Contacts"] {
        assert_eq!(api.get(&format!("{path}/{id}")).await.is(200).json()["item"]["id"], id, "{path}");
    }
    send(api.bare(Method::GET, "ATSERVICESREST/V1.0/CONTACTS/1")).await.is(401);
}

#[tokio::test]
async fn wrong_keys_are_401_and_header_names_are_taken_in_any_case() {
    let api = Api::start().await;
    let access = api.sandbox.autotask();
    for (user, secret, code) in [
        ("nobody", access.secret.as_str(), access.integration_code.as_str()),
        (access.username.as_str(), "wrong", access.integration_code.as_str()),
        (access.username.as_str(), access.secret.as_str(), "wrong"),
    ] {
        let request = api.bare(Method::GET, "ATServicesRest/v1.0/Contacts/1");
        let request =
            request.header("username", user).header("SECRET", secret).header("ApiIntegrationcode", code);
        send(request).await.refuses(401, "could not be authenticated");
    }
    let good = api.bare(Method::GET, "ATServicesRest/v1.0/Contacts/1");
    let good = good.header("username", &access.username).header("SECRET", &access.secret);
    send(good.header("ApiIntegrationcode", &access.integration_code)).await.is(200);
    api.inside().lock(true);
    api.get("Contacts/1").await.refuses(401, "locked");
}
