import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Button, LinkButton } from '../../../kit/button'
import { Search } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { Filter, Filters } from '../../../kit/filters'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Muted, Toolbar, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Name, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { useChange } from './change'
import { type Rule, removeRule, rulesQuery, usePlanRefusal } from './data'
import { propertiesOf, RULE_TYPES, ruleId, titleOf } from './rule'
import { RuleDetail } from './rule-detail'

/** The rules of a plan; one of them when the address names it. */
export function PlanRules() {
  const { ws, plan } = getRouteApi('/w/$ws/tracking-plans/$plan/rules').useParams()
  const { q = '', type, rule } = getRouteApi('/w/$ws/tracking-plans/$plan/rules').useSearch()
  const rules = useQuery(rulesQuery(ws, plan))
  useTitle('Rules', plan, ws)
  return (
    <Body>
      <Loaded query={rules} rows={6}>
        {({ rules }) => {
          if (rule === undefined) return <List ws={ws} plan={plan} rules={rules} q={q} type={type} />
          const found = rules.find((each) => ruleId(each) === rule)
          if (rule !== 'new' && !found)
            return (
              <Empty title="The plan has no such rule">
                <p>It may have been renamed or removed. Versions tell when.</p>
                <LinkButton to="/w/$ws/tracking-plans/$plan/rules" params={{ ws, plan }}>
                  All rules
                </LinkButton>
              </Empty>
            )
          return <RuleDetail key={rule} ws={ws} plan={plan} rule={found} rules={rules} />
        }}
      </Loaded>
    </Body>
  )
}

function List({
  ws,
  plan,
  rules,
  q,
  type,
}: {
  ws: string
  plan: string
  rules: Rule[]
  q: string
  type: string | undefined
}) {
  const navigate = useNavigate({ from: '/w/$ws/tracking-plans/$plan/rules' })
  const { review, dialog } = useChange(ws, plan)
  const refused = usePlanRefusal(ws)
  const words = q.trim().toLowerCase()
  const types = RULE_TYPES.filter((each) => rules.some((rule) => rule.type === each))
  const shown = rules
    .filter((rule) => (!type || rule.type === type) && titleOf(rule).toLowerCase().includes(words))
    .sort(
      (a, b) =>
        RULE_TYPES.indexOf(a.type) - RULE_TYPES.indexOf(b.type) ||
        titleOf(a).localeCompare(titleOf(b)) ||
        a.version - b.version,
    )
  const add = !refused && (
    <>
      <LinkButton
        look="primary"
        to="/w/$ws/tracking-plans/$plan/rules"
        params={{ ws, plan }}
        search={{ rule: 'new' }}
      >
        Add rule
      </LinkButton>
      <LinkButton to="/w/$ws/tracking-plans/$plan/import" params={{ ws, plan }}>
        Import a file
      </LinkButton>
    </>
  )
  if (rules.length === 0)
    return (
      <Empty title="No rules yet">
        <p>A rule names an event and its properties. Every event without a rule is unplanned.</p>
        {add && <Toolbar>{add}</Toolbar>}
      </Empty>
    )
  return (
    <>
      <Toolbar>
        <Search
          label="Search rules"
          placeholder={`${plural(rules.length, 'rule')}…`}
          value={q}
          onChange={(next) =>
            void navigate({ search: (before) => ({ ...before, q: next || undefined }), replace: true })
          }
        />
        {types.length > 1 && (
          <Filters label="Type of rule">
            {[undefined, ...types].map((each) => (
              <Filter
                key={each ?? 'all'}
                to="/w/$ws/tracking-plans/$plan/rules"
                params={{ ws, plan }}
                search={{ q: q || undefined, type: each }}
                activeOptions={{ exact: true }}
                aria-current={type === each ? 'true' : undefined}
                replace
              >
                {each ? each.charAt(0) + each.slice(1).toLowerCase() : 'All'}
              </Filter>
            ))}
          </Filters>
        )}
        {add}
      </Toolbar>
      {shown.length === 0 ? (
        <Empty title="No rule fits">
          <p>None of the {plural(rules.length, 'rule')} has this in its name.</p>
        </Empty>
      ) : (
        <Table
          label="Rules"
          rows={shown}
          id={ruleId}
          columns={[
            {
              head: 'name',
              cell: (rule) => (
                <Name below={rule.version === 1 ? undefined : `version ${rule.version}`}>
                  <Link
                    to="/w/$ws/tracking-plans/$plan/rules"
                    params={{ ws, plan }}
                    search={{ rule: ruleId(rule) }}
                  >
                    {titleOf(rule)}
                  </Link>
                </Name>
              ),
            },
            { head: 'type', cell: ({ type }) => <Muted>{type.toLowerCase()}</Muted> },
            {
              head: 'description',
              cell: ({ jsonSchema }) => (
                <Muted>{String((jsonSchema as { description?: unknown }).description ?? '')}</Muted>
              ),
            },
            {
              head: 'properties',
              number: true,
              cell: (rule) => propertiesOf(rule.type, rule.jsonSchema).length,
            },
            {
              head: 'required',
              number: true,
              cell: (rule) =>
                propertiesOf(rule.type, rule.jsonSchema).filter(({ required }) => required).length,
            },
            { head: 'updated', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
            {
              head: '',
              number: true,
              cell: (rule) => (
                <Button
                  small
                  look="quiet"
                  disabled={!!refused}
                  title={refused}
                  aria-label={`Remove ${titleOf(rule)}`}
                  onClick={() =>
                    void review({
                      title: `Remove ${titleOf(rule)}?`,
                      action: 'Remove rule',
                      done: 'The rule is removed',
                      send: (sending) => removeRule(ws, plan, rule, sending),
                    }).catch(toastRefusal)
                  }
                >
                  Remove
                </Button>
              ),
            },
          ]}
        />
      )}
      {dialog}
    </>
  )
}
