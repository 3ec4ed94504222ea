import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { workspacesQuery } from '../../api/queries'
import { LifeBadge, Stamp } from '../../kit/badge'
import { Button, LinkButton } from '../../kit/button'
import button from '../../kit/button.module.css'
import { Dialog } from '../../kit/dialog'
import { Actions } from '../../kit/fields'
import { plural } from '../../kit/figures'
import { Loaded } from '../../kit/loaded'
import { Logo } from '../../kit/logo'
import { Menu } from '../../kit/menu'
import { Body, Empty, Muted, PageHead, useTitle } from '../../kit/page'
import { Pulse } from '../../kit/pulse'
import { Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import {
  checklistQuery,
  type Integration,
  type Item,
  integrationsQuery,
  lastHourQuery,
  type Submission,
  submissionsQuery,
} from './data'
import { nextStep, openRound } from './fields'
import { PlaceLink } from './place-link'
import css from './portal.module.css'
import { STEPS } from './steps'

interface Row {
  integration: Integration
  submissions: Submission[]
  items: Item[]
  known: boolean
}

/** Every integration of the partner team, with its status. */
export function Integrations() {
  useTitle('Integrations')
  const { made } = getRouteApi('/dev-portal/integrations').useSearch()
  const [destination, setDestination] = useState(false)
  const list = useQuery(integrationsQuery)
  const integrations = list.data ?? []
  const rounds = useQueries({ queries: integrations.map(({ slug }) => submissionsQuery(slug)) })
  const checklists = useQueries({ queries: integrations.map(({ slug }) => checklistQuery(slug)) })
  const workspaces = useQuery(workspacesQuery).data
  const lastHour = useQuery({
    ...lastHourQuery(
      workspaces ?? [],
      integrations.map(({ slug }) => slug),
    ),
    enabled: workspaces !== undefined && integrations.length > 0,
  }).data
  const rows: Row[] = integrations.map((integration, at) => ({
    integration,
    submissions: rounds[at]?.data ?? [],
    items: checklists[at]?.data?.items ?? [],
    known: rounds[at]?.data !== undefined && checklists[at]?.data !== undefined,
  }))
  return (
    <>
      <PageHead title="Integrations" sub="Sources your company builds for the catalog.">
        <Menu
          className={`${button.button} ${button.primary}`}
          groups={[
            {
              choices: [
                {
                  label: 'Build a source',
                  hint: 'your product sends events',
                  href: '/dev-portal/integrations/new/source',
                },
                {
                  label: 'Build a destination',
                  hint: 'your product receives events',
                  run: () => setDestination(true),
                },
              ],
            },
          ]}
        >
          Build integration <span aria-hidden>▾</span>
        </Menu>
      </PageHead>
      <Body>
        <Loaded query={list}>
          {() =>
            rows.length === 0 ? (
              <Empty title="Nothing is being built yet">
                <p>The sources of your company will stand here, with what each of them needs next.</p>
                <Actions>
                  <LinkButton to="/dev-portal/integrations/new/source">Build a source</LinkButton>
                </Actions>
                <ol className={css.steps}>
                  {STEPS.map(({ title, text }) => (
                    <li key={title}>
                      <strong>{title}</strong>
                      <span>{text}</span>
                    </li>
                  ))}
                </ol>
              </Empty>
            ) : (
              <Table
                label="Integrations"
                rows={rows}
                id={(row) => row.integration.id}
                columns={[
                  {
                    head: 'integration',
                    cell: ({ integration }) => (
                      <Mark integration={integration} made={integration.slug === made} />
                    ),
                  },
                  {
                    head: 'life-cycle',
                    cell: ({ integration, submissions }) => {
                      const life = {
                        status: integration.status,
                        betaEndsAt: integration.betaEndsAt,
                        changesRequested: !!openRound(integration.status, submissions),
                      }
                      return (
                        <span className={css.life}>
                          <LifeBadge {...life} />
                          <Stamp {...life} />
                        </span>
                      )
                    },
                  },
                  { head: 'next step', cell: (row) => row.known && <Next row={row} /> },
                  {
                    head: 'last hour',
                    cell: ({ integration }) => {
                      const counts = lastHour?.get(integration.slug)
                      if (!counts) return lastHour && <Muted>not in a workspace of yours</Muted>
                      const total = counts.reduce((sum, each) => sum + each, 0)
                      return (
                        <Pulse
                          counts={counts}
                          label={`${plural(total, 'message')} in the last hour, in your workspaces`}
                        />
                      )
                    },
                  },
                  { head: 'updated', cell: ({ integration }) => <Time at={integration.updatedAt} /> },
                ]}
              />
            )
          }
        </Loaded>
      </Body>
      <Dialog title="Build a destination" open={destination} onClose={() => setDestination(false)}>
        <p>
          Destinations are built as code: a definition in Rust with its settings, its mappings and its tests,
          in the repository of Headwater, on the destination kit. They are reviewed there and come with the
          next release.
        </p>
        <p>
          To receive events without one, customers can add the Webhook destination with an address of your
          product.
        </p>
        <Actions>
          <Button onClick={() => setDestination(false)}>Close</Button>
        </Actions>
      </Dialog>
    </>
  )
}

function Mark({ integration, made }: { integration: Integration; made: boolean }) {
  const link = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    if (made) link.current?.focus()
  }, [made])
  return (
    <span className={made ? `${css.row} ${css.made}` : css.row}>
      <Logo
        name={integration.name}
        src={integration.info.mark ? `/api/assets/${integration.info.mark}` : null}
      />
      <Name below={integration.slug}>
        <Link
          ref={link}
          to="/dev-portal/integrations/$slug/overview"
          params={{ slug: integration.slug }}
          search={{}}
        >
          {integration.name}
        </Link>
      </Name>
    </span>
  )
}

function Next({ row: { integration, submissions, items } }: { row: Row }) {
  const { words, place, action } = nextStep(integration, submissions, items)
  if (!place || !action) return <span>{words}</span>
  return (
    <PlaceLink slug={integration.slug} place={place}>
      {words}
    </PlaceLink>
  )
}
