{#
    {{ default_channel_group('source', 'medium', 'campaign', 'source_category') }}
    -- 'google', 'cpc', null, 'search' -> 'Paid Search'

    The channel of a session by Google's default channel group, as published for GA4
    (support.google.com/analytics/answer/9756891): the rules for traffic that is tagged
    by hand, since an export does not say what Google Ads knows of its own. The first
    rule that holds decides. Case does not matter. `source_category` is that of the
    source in seed channel_sources; null for a source that is in no list.
#}
{% macro default_channel_group(source, medium, campaign, source_category) -%}
    case
        -- The source is "(direct)" and the medium "(none)" or "(not set)". Here also
        -- "direct" without a medium, and a session of which nothing is said.
        when
            {{ is_direct(source) }}
            and coalesce({{ plain(medium) }}, '') in ('', 'none', '(none)', '(not set)')
            and ({{ plain(source) }} <> '' or {{ says_nothing(campaign) }})
            then 'Direct'
        -- The name of the campaign contains "cross-network".
        when {{ plain(campaign) }} like '%cross-network%' then 'Cross-network'
        -- The source is a shopping site, or the campaign is called after a shop, and the
        -- medium is paid.
        when
            ({{ source_category }} = 'shopping' or {{ is_shopping_campaign(campaign) }})
            and {{ is_paid_medium(medium) }}
            then 'Paid Shopping'
        -- The source is a search site, and the medium is paid.
        when {{ source_category }} = 'search' and {{ is_paid_medium(medium) }}
            then 'Paid Search'
        -- The source is a social site, and the medium is paid.
        when {{ source_category }} = 'social' and {{ is_paid_medium(medium) }}
            then 'Paid Social'
        -- The source is a video site, and the medium is paid.
        when {{ source_category }} = 'video' and {{ is_paid_medium(medium) }}
            then 'Paid Video'
        -- The medium is "display", "banner", "expandable", "interstitial" or "cpm".
        when
            {{ plain(medium) }} in (
                'display', 'banner', 'expandable', 'interstitial', 'cpm'
            )
            then 'Display'
        -- The medium is paid, whatever the source.
        when {{ is_paid_medium(medium) }} then 'Paid Other'
        -- The medium is "ai-assistant".
        when {{ plain(medium) }} = 'ai-assistant' then 'AI Assistant'
        -- The source is a shopping site, or the campaign is called after a shop.
        when
            {{ source_category }} = 'shopping' or {{ is_shopping_campaign(campaign) }}
            then 'Organic Shopping'
        -- The source is a social site, or the medium is one of the words for it.
        when
            {{ source_category }} = 'social'
            or {{ plain(medium) }} in (
                'social',
                'social-network',
                'social-media',
                'sm',
                'social network',
                'social media'
            )
            then 'Organic Social'
        -- The source is a video site, or the medium contains "video".
        when {{ source_category }} = 'video' or {{ plain(medium) }} like '%video%'
            then 'Organic Video'
        -- The source is a search site, or the medium is "organic".
        when {{ source_category }} = 'search' or {{ plain(medium) }} = 'organic'
            then 'Organic Search'
        -- The medium is "referral", "app" or "link".
        when {{ plain(medium) }} in ('referral', 'app', 'link') then 'Referral'
        -- Source or medium is "email", "e-mail", "e_mail" or "e mail".
        when
            {{ plain(source) }} in ('email', 'e-mail', 'e_mail', 'e mail')
            or {{ plain(medium) }} in ('email', 'e-mail', 'e_mail', 'e mail')
            then 'Email'
        -- The medium is "affiliate".
        when {{ plain(medium) }} = 'affiliate' then 'Affiliates'
        -- The medium is "audio".
        when {{ plain(medium) }} = 'audio' then 'Audio'
        -- Source or medium is "sms".
        when {{ plain(source) }} = 'sms' or {{ plain(medium) }} = 'sms' then 'SMS'
        -- The medium ends in "push" or contains "mobile" or "notification", or the source
        -- is "firebase".
        when
            {{ plain(medium) }} like '%push'
            or {{ plain(medium) }} like '%mobile%'
            or {{ plain(medium) }} like '%notification%'
            or {{ plain(source) }} = 'firebase'
            then 'Mobile Push Notifications'
        -- No rule holds.
        else 'Unassigned'
    end
{%- endmacro %}


{#
    {{ plain('medium') }}    -- ' CPC ' -> 'cpc'
#}
{% macro plain(column) -%}
    lower(trim({{ column }}))
{%- endmacro %}


{#
    {{ is_paid_medium('medium') }}    -- 'cpc' and 'paid_social' -> true, 'unpaid' -> false

    Whether a medium is paid: what Google's ^(.*cp.*|ppc|retargeting|paid.*)$ says, at a
    fraction of what the pattern takes.
#}
{% macro is_paid_medium(medium) -%}
    (
        {{ plain(medium) }} like '%cp%'
        or {{ plain(medium) }} = 'ppc'
        or {{ plain(medium) }} = 'retargeting'
        or {{ plain(medium) }} like 'paid%'
    )
{%- endmacro %}


{#
    {{ is_shopping_campaign('campaign') }}
    -- 'Shopping DE' and 'my eshop' -> true, 'workshop' -> false

    Whether a campaign is called after a shop, by Google's regular expression
    ^(.*(([^a-df-z]|^)shop|shopping).*)$
#}
{% macro is_shopping_campaign(campaign) -%}
    (
        {{ plain(campaign) }} like '%shop%'
        and {{ fully_matches(plain(campaign), '.*(([^a-df-z]|^)shop|shopping).*') }}
    )
{%- endmacro %}


{#
    {{ says_nothing('campaign') }}    -- '(direct)' -> true, 'spring' -> false

    Whether a campaign is none: trackers have words for that.
#}
{% macro says_nothing(campaign) -%}
    coalesce({{ plain(campaign) }}, '') in (
        '', '(direct)', '(none)', '(not set)', '(organic)', '(referral)'
    )
{%- endmacro %}
