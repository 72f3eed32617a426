{#
    {{ raw_tables() }}
    -- [{'layout': 'company_x', 'name': 'session_sources', 'roles': ['sessions']}, …]

    Every raw table of every layout: what is refused, counted and tested of each, and
    the parts it plays. A property has sessions, a backend, … where one of its tables
    plays that part.
#}
{% macro raw_tables() -%}
    {%- set layouts = {
        'company_x': {
            'session_sources': ['sessions'],
            'conversions': ['tracking'],
            'conversions_backend': ['backend'],
            'api_adwords_costs': ['ad_costs'],
            'attribution_customer_journey': ['journeys'],
            'session_costs': [],
        },
        'afisha': {
            'visits': ['sessions'],
            'orders': ['tracking', 'refunds'],
            'costs': ['ad_costs'],
        },
        'vestiaire': {
            'listings': [],
            'brands': [],
            'category': [],
            'clicks': [],
        },
        'vivid_seats': {
            'sellers': [],
            'events': [],
            'ticket_listings': [],
            'indirect_traffic': ['sessions'],
            'direct_traffic': ['sessions'],
            'customer_sales': ['tracking'],
        },
        'contract': {
            'sessions': ['sessions'],
            'page_views': ['sessions'],
            'conversions': ['tracking'],
            'backend_conversions': ['backend'],
            'journeys': ['journeys'],
            'ad_costs': ['ad_costs'],
            'refunds': ['refunds'],
            'listings': [],
            'listing_events': [],
        },
        'ga4': {
            'events': ['sessions', 'tracking'],
        },
        'shopify': {
            'orders': ['backend', 'refunds'],
        },
    } -%}
    {%- set tables = [] -%}
    {%- for layout, names in layouts.items() -%}
        {%- for name, roles in names.items() -%}
            {%- do tables.append({'layout': layout, 'name': name, 'roles': roles}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(tables) -%}
{%- endmacro %}


{#
    {{ has_table_for('sessions') }} as has_sessions
    -- bool_or((layout, raw_table) in (('company_x', 'session_sources'), …))

    Whether one of the raw tables of a group plays a part.
#}
{% macro has_table_for(role) -%}
    {%- set names = [] -%}
    {%- for table in raw_tables() if role in table.roles -%}
        {%- do names.append("('" ~ table.layout ~ "', '" ~ table.name ~ "')") -%}
    {%- endfor -%}
    bool_or((layout, raw_table) in ({{ names | join(', ') }}))
{%- endmacro %}
