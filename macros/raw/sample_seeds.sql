{#
    {{ sample_layouts() }}    -- ['company_x', 'afisha', …]

    The layouts that come with a sample.
#}
{% macro sample_layouts() -%}
    {%- do return(['company_x', 'afisha', 'vestiaire', 'vivid_seats', 'contract']) -%}
{%- endmacro %}


{#
    {{ sample_seeds('company_x', 'session_costs') }}
    -- {'company_x_2023': 'company_x_2023__session_costs'}

    The seeds that hold a raw table in the sample, by property. A seed is named after its
    table; the second property of a layout says which it is, since dbt wants every seed
    name once.
#}
{% macro sample_seeds(layout, raw_table=none) -%}
    {%- set seeds = {
        'company_x': {
            'session_sources': {
                'company_x': 'session_sources',
                'company_x_2023': 'company_x_2023__session_sources',
            },
            'conversions': {
                'company_x': 'conversions',
                'company_x_2023': 'company_x_2023__conversions',
            },
            'conversions_backend': {'company_x': 'conversions_backend'},
            'api_adwords_costs': {'company_x': 'api_adwords_costs'},
            'attribution_customer_journey': {
                'company_x': 'attribution_customer_journey',
            },
            'session_costs': {'company_x_2023': 'company_x_2023__session_costs'},
        },
        'afisha': {
            'visits': {'afisha': 'visits'},
            'orders': {'afisha': 'orders'},
            'costs': {'afisha': 'costs'},
        },
        'vestiaire': {
            'listings': {'vestiaire': 'listings'},
            'brands': {'vestiaire': 'brands'},
            'category': {'vestiaire': 'category'},
            'clicks': {'vestiaire': 'clicks'},
        },
        'vivid_seats': {
            'sellers': {'vivid_seats': 'sellers'},
            'events': {'vivid_seats': 'events'},
            'ticket_listings': {'vivid_seats': 'ticket_listings'},
            'indirect_traffic': {'vivid_seats': 'indirect_traffic'},
            'direct_traffic': {'vivid_seats': 'direct_traffic'},
            'customer_sales': {'vivid_seats': 'customer_sales'},
        },
        'contract': {
            'sessions': {'corner_shop': 'corner_shop__sessions'},
            'conversions': {'corner_shop': 'corner_shop__conversions'},
            'backend_conversions': {'corner_shop': 'corner_shop__backend_conversions'},
            'ad_costs': {'corner_shop': 'corner_shop__ad_costs'},
            'refunds': {'corner_shop': 'corner_shop__refunds'},
            'listings': {'corner_shop': 'corner_shop__listings'},
            'listing_events': {'corner_shop': 'corner_shop__listing_events'},
            'page_views': {},
            'journeys': {},
        },
    } -%}
    {%- set tables = seeds.get(layout, {}) -%}
    {%- do return(tables.get(raw_table, {}) if raw_table else tables) -%}
{%- endmacro %}


{#
    {{ sample_time_zone('afisha') }}    -- UTC

    The clock of a property of the sample, as seed properties has it: where seeds are raw
    tables too, a model of theirs cannot ask it.
#}
{% macro sample_time_zone(property) -%}
    {%- set time_zones = {
        'company_x': 'UTC',
        'company_x_2023': 'UTC',
        'afisha': 'UTC',
        'vestiaire': 'UTC',
        'vivid_seats': 'America/Chicago',
        'corner_shop': 'Europe/Berlin',
    } -%}
    {%- do return(time_zones[property]) -%}
{%- endmacro %}
