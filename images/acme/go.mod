module james-oidc-kit/acme

go 1.26

tool github.com/go-acme/lego/v5

require github.com/go-acme/lego/v5 v5.6.0

// Of the release that lego asks for the module proxy has no code.
replace gitlab.com/greyxor/slogor => gitlab.com/greyxor/slogor v1.7.0
