import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button, LinkButton } from '../../../kit/button'
import { Problem, Skeleton } from '../../../kit/loaded'
import { Body, Empty, Muted, Note, PageHead, Section, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Switch } from '../../../kit/switch'
import { More, Name, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { allDestinationsQuery, allSourcesQuery } from '../../catalog/entries'
import { OWNERS_ONLY, useOwner } from '../data'
import css from './alerts.module.css'
import { alertsKey, alertsQuery, noticesQuery } from './data'
import { Told } from './told'
import { type Alert, KINDS, watches } from './words'

type Notice = Shapes['NoticeView']

/** What the workspace is told of, and what it was told. */
export function Alerts() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const owner = useOwner(ws)
  const enabled = owner === true
  const alerts = useQuery({ ...alertsQuery(ws), enabled })
  const notices = useInfiniteQuery({ ...noticesQuery(ws), enabled })
  useTitle('Alerts', ws)
  const error = alerts.error ?? notices.error
  return (
    <>
      <PageHead
        title="Alerts"
        sub="Who is told, by mail or webhook, when deliveries fail or data stays away; and that it is over."
      >
        {owner === false ? (
          <Button look="primary" disabled title={OWNERS_ONLY}>
            New alert
          </Button>
        ) : (
          <LinkButton look="primary" to="/w/$ws/alerts/new" params={{ ws }}>
            New alert
          </LinkButton>
        )}
      </PageHead>
      <Body>
        {owner === false ? (
          <Note tone="warn">
            <span>
              Only an owner of the workspace sees and makes its alerts. What needs attention now stands in{' '}
              <Link to="/w/$ws/delivery" params={{ ws }}>
                Delivery
              </Link>
              .
            </span>
          </Note>
        ) : alerts.data && notices.data ? (
          <>
            <List ws={ws} alerts={alerts.data} />
            <Notices
              ws={ws}
              alerts={alerts.data}
              notices={notices.data.pages.flatMap((page) => page.notices)}
            />
            <More
              there={notices.hasNextPage}
              busy={notices.isFetchingNextPage}
              load={() => notices.fetchNextPage()}
            />
          </>
        ) : error ? (
          <Problem
            error={error}
            retry={() => {
              void alerts.refetch()
              void notices.refetch()
            }}
          />
        ) : (
          <Skeleton rows={4} />
        )}
      </Body>
    </>
  )
}

/** The name of a source or a destination by its id, as far as there is one. */
function useNames(ws: string): (id: string) => string | undefined {
  const sources = useQuery(allSourcesQuery(ws)).data ?? []
  const destinations = useQuery(allDestinationsQuery(ws)).data ?? []
  return (id) => [...sources, ...destinations].find((one) => one.id === id)?.name
}

function List({ ws, alerts }: { ws: string; alerts: Alert[] }) {
  const client = useQueryClient()
  const nameOf = useNames(ws)
  const turn = useMutation({
    mutationFn: async ({ alert, enabled }: { alert: Alert; enabled: boolean }) => {
      const params = { path: { alertId: alert.id }, header: inWorkspace(ws) }
      await read(api.PATCH('/alerts/{alertId}', { params, body: { enabled } }))
    },
    onSuccess: async (_, { alert, enabled }) => {
      await client.invalidateQueries({ queryKey: alertsKey(ws) })
      toast(`${alert.name} is ${enabled ? 'on' : 'off'}`)
    },
    onError: toastRefusal,
  })
  if (alerts.length === 0) {
    return (
      <Empty title="No alerts yet">
        <p>
          The owners get a mail when a destination does nothing but fail, when it is paused and when it works
          again. An alert tells others too, in a channel of yours if you like, and of more: deliveries that
          fail now and then, messages that wait, sources that fall silent.
        </p>
        <LinkButton to="/w/$ws/alerts/new" params={{ ws }}>
          New alert
        </LinkButton>
      </Empty>
    )
  }
  return (
    <Table
      label="Alerts"
      rows={alerts}
      id={({ id }) => id}
      columns={[
        {
          head: 'on',
          cell: (alert) => (
            <Switch
              on={alert.enabled}
              what={`Alert ${alert.name}`}
              busy={turn.isPending && turn.variables?.alert.id === alert.id}
              onChange={(enabled) => turn.mutate({ alert, enabled })}
            />
          ),
        },
        {
          head: 'alert',
          cell: ({ id, name, kind }) => (
            <Name below={KINDS[kind].label === name ? null : KINDS[kind].label}>
              <Link to="/w/$ws/alerts/$alert" params={{ ws, alert: id }}>
                {name}
              </Link>
            </Name>
          ),
        },
        {
          head: 'when',
          cell: (alert) => {
            const { aboutId, kind } = alert
            return watches(
              alert,
              aboutId ? (nameOf(aboutId) ?? `a ${KINDS[kind].about} that is gone`) : undefined,
            )
          },
        },
        { head: 'tells', cell: (alert) => <Told alert={alert} /> },
      ]}
    />
  )
}

function Notices({ ws, alerts, notices }: { ws: string; alerts: Alert[]; notices: Notice[] }) {
  return (
    <Section title="What was told" sub="The newest first, kept for 90 days.">
      {notices.length === 0 ? (
        <p>
          <Muted>Nothing yet. Everything is looked at once a minute.</Muted>
        </p>
      ) : (
        <Table
          label="What was told"
          rows={notices}
          id={({ id }) => id}
          bad={({ problem }) => !!problem}
          columns={[
            {
              head: 'when',
              cell: ({ at, over }) => (
                <span className={css.when}>
                  {over ? (
                    <Badge tone="ok" glyph="✓">
                      Over
                    </Badge>
                  ) : (
                    <Badge tone="bad" glyph="✕">
                      Began
                    </Badge>
                  )}
                  <Time at={at} />
                </span>
              ),
            },
            {
              head: 'what',
              cell: ({ title, says, aboutId }) => (
                <span className={css.what}>
                  <AboutLink ws={ws} id={aboutId}>
                    {title}
                  </AboutLink>
                  <span>{says}</span>
                </span>
              ),
            },
            {
              head: 'told',
              cell: ({ alertId, problem }) => {
                const alert = alerts.find(({ id }) => id === alertId)
                return (
                  <span className={css.told}>
                    {alert ? (
                      <Told alert={alert} />
                    ) : (
                      <span>{alertId ? 'by an alert that is deleted' : 'the owners'}</span>
                    )}
                    {problem ? (
                      <span className={css.problem}>
                        ✕ The webhook did not take it: <code>{problem}</code>
                      </span>
                    ) : (
                      <span className={css.sent}>✓ told</span>
                    )}
                  </span>
                )
              },
            },
          ]}
        />
      )}
    </Section>
  )
}

/** Leads to the source or destination that a notice is about. */
function AboutLink({ ws, id, children }: { ws: string; id: string; children: string }) {
  const source = useQuery(allSourcesQuery(ws)).data?.find((one) => one.id === id)
  return id.startsWith('dst_') ? (
    <Link to="/w/$ws/destinations/$destination/overview" params={{ ws, destination: id }}>
      {children}
    </Link>
  ) : (
    <Link to="/w/$ws/sources/$source/overview" params={{ ws, source: source?.slug ?? id }}>
      {children}
    </Link>
  )
}
