-- One row for each rule, for each word of it, and for each rule that another one goes
-- before. The source's category is what seed channel_sources says.

with

examples (source, medium, campaign, expected) as (

    values
    -- nothing is said, or that nothing is known
    ('(direct)', '(none)', '(direct)', 'Direct'),
    ('(direct)', '(not set)', null, 'Direct'),
    ('(direct)', '(none)', 'cross-network', 'Direct'),
    ('Direct', null, null, 'Direct'),
    (null, null, null, 'Direct'),
    ('Direct Traffic', 'none', null, 'Direct'),
    ('(none)', '(none)', null, 'Direct'),
    (null, null, '(not set)', 'Direct'),
    (null, null, '(direct)', 'Direct'),
    (null, null, '(none)', 'Direct'),
    (null, null, '(organic)', 'Direct'),
    (null, null, '(referral)', 'Direct'),
    (null, null, 'spring', 'Unassigned'),
    ('(direct)', 'referral', null, 'Referral'),
    -- the campaign goes before source and medium
    ('google', 'cpc', 'de cross-network 3', 'Cross-network'),
    (null, null, 'CROSS-NETWORK', 'Cross-network'),
    ('google', 'cpc', 'cross-network shopping', 'Cross-network'),
    -- paid, by kind of site
    ('amazon', 'cpc', null, 'Paid Shopping'),
    ('google', 'cpc', 'Shopping DE', 'Paid Shopping'),
    ('facebook', 'paid', 'spring-shop', 'Paid Shopping'),
    ('google', 'cpc', 'my eshop', 'Paid Shopping'),
    ('google', 'cpc', 'workshop', 'Paid Search'),
    ('google', 'cpc', 'brand', 'Paid Search'),
    ('bing', 'PPC', null, 'Paid Search'),
    ('Google', 'retargeting', null, 'Paid Search'),
    ('google', 'cpm', null, 'Paid Search'),
    ('facebook', 'paid_social', null, 'Paid Social'),
    ('m.facebook.com', 'cpc', null, 'Paid Social'),
    ('youtube', 'cpv', null, 'Paid Video'),
    ('youtube', 'cpc', null, 'Paid Video'),
    ('youtube.com', 'paidvideo', null, 'Paid Video'),
    -- anchored: what only holds a paid word is not paid, but cp may stand anywhere
    ('google', 'unpaid', null, 'Organic Search'),
    ('google', 'ppc2', null, 'Organic Search'),
    ('google', 'xretargeting', null, 'Organic Search'),
    ('google', 'ecpc', null, 'Paid Search'),
    -- display goes before paid by whomever, and after paid by kind of site
    ('taboola', 'display', null, 'Display'),
    ('google', 'banner', null, 'Display'),
    ('taboola', 'expandable', null, 'Display'),
    ('taboola', 'interstitial', null, 'Display'),
    ('taboola', 'cpm', null, 'Display'),
    ('facebook', 'cpm', null, 'Paid Social'),
    ('taboola', 'cpc', null, 'Paid Other'),
    ('chatgpt.com', 'paid', null, 'Paid Other'),
    (null, 'cpc', null, 'Paid Other'),
    -- unpaid, by kind of site or by medium
    ('chatgpt.com', 'ai-assistant', null, 'AI Assistant'),
    ('chatgpt.com', 'ai-assistant', 'shopping', 'AI Assistant'),
    ('claude.ai', 'referral', null, 'Referral'),
    ('ebay.de', 'referral', null, 'Organic Shopping'),
    ('instagram', 'social', 'fall shop', 'Organic Shopping'),
    ('facebook.com', 'referral', null, 'Organic Social'),
    ('blog', 'social', null, 'Organic Social'),
    ('blog', 'social-network', null, 'Organic Social'),
    ('blog', 'social-media', null, 'Organic Social'),
    ('blog', 'sm', null, 'Organic Social'),
    ('blog', 'social network', null, 'Organic Social'),
    ('blog', 'Social Media', null, 'Organic Social'),
    ('youtube', 'social', null, 'Organic Social'),
    ('vimeo.com', 'referral', null, 'Organic Video'),
    ('blog', 'videos', null, 'Organic Video'),
    ('google', 'video', null, 'Organic Video'),
    ('google', 'organic', null, 'Organic Search'),
    ('nobody-knows', 'organic', null, 'Organic Search'),
    ('duckduckgo', 'referral', null, 'Organic Search'),
    ('duckduckgo', 'email', null, 'Organic Search'),
    ('partner.example', 'referral', null, 'Referral'),
    ('partner.example', 'app', null, 'Referral'),
    ('partner.example', 'link', null, 'Referral'),
    ('email', 'referral', null, 'Referral'),
    -- by medium or by the word itself
    ('newsletter', 'email', null, 'Email'),
    ('newsletter', 'e-mail', null, 'Email'),
    ('newsletter', 'E_Mail', null, 'Email'),
    ('newsletter', 'e mail', null, 'Email'),
    ('email', null, null, 'Email'),
    ('e-mail', 'affiliate', null, 'Email'),
    ('e_mail', null, null, 'Email'),
    ('e mail', null, null, 'Email'),
    ('newsletter', 'emails', null, 'Unassigned'),
    ('awin', 'affiliate', null, 'Affiliates'),
    ('awin', 'affiliates', null, 'Unassigned'),
    ('sms', 'affiliate', null, 'Affiliates'),
    ('podcast', 'audio', null, 'Audio'),
    ('sms', 'audio', null, 'Audio'),
    ('sms', 'text', null, 'SMS'),
    ('twilio', 'sms', null, 'SMS'),
    ('firebase', 'sms', null, 'SMS'),
    ('app', 'web-push', null, 'Mobile Push Notifications'),
    ('app', 'mobile_app', null, 'Mobile Push Notifications'),
    ('app', 'notifications', null, 'Mobile Push Notifications'),
    ('firebase', null, null, 'Mobile Push Notifications'),
    -- no rule
    ('app', 'pushed', null, 'Unassigned'),
    ('partner.example', null, null, 'Unassigned'),
    ('partner.example', '(not set)', null, 'Unassigned'),
    ('(not set)', '(not set)', null, 'Unassigned'),
    ('newsletter', 'flyer', null, 'Unassigned')

),

grouped as (

    select
        examples.*,
        {{ default_channel_group(
            'examples.source',
            'examples.medium',
            'examples.campaign',
            'channel_sources.source_category'
        ) }} as channel_group

    from examples

    left join {{ ref('channel_sources') }} as channel_sources
        on {{ plain('examples.source') }} = channel_sources.source

)

select * from grouped
where channel_group is distinct from expected
