//! Signing in, refreshing, and who one is.

use serde_json::json;

use super::call::Call;
use super::data::{Data, Tokens};
use super::reply::{Answer, ApiError, Reply};

/// `POST /v2/security/authenticate`
pub(crate) fn authenticate(data: &mut Data, call: &Call) -> Reply {
    match call.field("granttype").unwrap_or_default().to_ascii_lowercase().as_str() {
        "password" => {}
        "" => return Err(ApiError::invalid(vec!["The GrantType field is required.".to_owned()])),
        _ => return Err(ApiError::sign_in("The grant type is not supported for this account.")),
    }
    data.sign_ins += 1;
    let settings = &data.settings;
    let tenant = call.field("tenant").unwrap_or_default().trim();
    let user = call.field("username").unwrap_or_default().trim();
    let good = tenant.eq_ignore_ascii_case(&settings.tenant)
        && user.eq_ignore_ascii_case(&settings.username)
        && call.field("password") == Some(settings.password.as_str());
    if !good {
        return Err(ApiError::sign_in("The user name or password is incorrect."));
    }
    Ok(issue(data))
}

/// `POST /v2/security/refreshtoken`: both tokens of the pair go in, and a new pair replaces them.
pub(crate) fn refresh(data: &mut Data, call: &Call) -> Reply {
    let (Some(access), Some(refresh)) = (call.field("accesstoken"), call.field("refreshtoken")) else {
        return Err(ApiError::invalid(vec!["The AccessToken field is required.".to_owned()]));
    };
    let now = data.now;
    let place = data
        .tokens
        .iter()
        .position(|pair| pair.access == access && pair.refresh == refresh && now < pair.refresh_ends);
    let Some(place) = place else { return Err(ApiError::token()) };
    data.tokens.remove(place);
    Ok(issue(data))
}

fn issue(data: &mut Data) -> Answer {
    let (access, refresh) = (data.token(), data.token());
    let pair = Tokens {
        access_ends: data.now + data.settings.token_lifetime,
        refresh_ends: data.now + data.settings.refresh_lifetime,
        access,
        refresh,
    };
    let shown = json!({
        "AccessToken": pair.access, "RefreshToken": pair.refresh,
        "AccessTokenExpireOn": data.date(pair.access_ends), "RefreshTokenExpireOn": data.date(pair.refresh_ends),
    });
    data.tokens.push(pair);
    Answer::Result(shown)
}

/// `GET /v2/security/userinfo`
pub(crate) fn user_info(data: &mut Data, _call: &Call) -> Reply {
    Ok(Answer::Result(json!({
        "UserId": 1, "FullName": "Sync API", "EmailAddress": "sync.api@msp.example", "TimeStamp": data.date(data.now),
        "TimeZoneName": "UTC", "TenantId": 4711, "BusinessName": data.settings.tenant, "IsUserSystemAdmin": false,
        "ProductName": data.settings.product, "UserAccessRights": [], "SpecialFeatures": [{"Id": 1}],
        "OpenIdRealmId": null,
    })))
}

/// `GET /v2/security/ssostatus`
pub(crate) fn sso_status(data: &mut Data, call: &Call) -> Reply {
    if call.param("tenant").is_none() {
        return Err(ApiError::invalid(vec!["The Tenant field is required.".to_owned()]));
    }
    Ok(Answer::Result(json!({"Enabled": data.settings.single_sign_on, "LoginEndpointUrl": null})))
}
