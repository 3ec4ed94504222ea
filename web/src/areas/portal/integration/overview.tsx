import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { workspacesQuery } from '../../../api/queries'
import { OutsideButton } from '../../../kit/button'
import { Actions } from '../../../kit/fields'
import { Loaded } from '../../../kit/loaded'
import { Body, Caption, Columns, Pairs, Panel, Section, useTitle } from '../../../kit/page'
import { Spoken } from '../../../kit/spoken'
import { Steps } from '../../../kit/steps'
import { exactly, Time } from '../../../kit/time'
import { Beta } from '../../proof/beta'
import {
  betaQuery,
  checklistQuery,
  type Integration,
  installsQuery,
  integrationQuery,
  type Submission,
  submissionsQuery,
} from '../data'
import { nextStep, openComments, openRound } from '../fields'
import { PlaceButton, PlaceLink } from '../place-link'
import css from '../portal.module.css'
import { Checklist } from './checklist'
import { Comments } from './comments'

/** What is left to do. */
export function IntegrationOverview() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  const { integration } = useQuery(integrationQuery(slug)).data!
  useTitle('Overview', slug)
  const checklist = useQuery(checklistQuery(slug))
  const rounds = useQuery(submissionsQuery(slug)).data
  const items = checklist.data?.items
  const next = rounds && items && nextStep(integration, rounds, items)
  const round = openRound(integration.status, rounds ?? [])
  const comments = openComments(round ?? rounds?.[0])
  return (
    <Body>
      <Columns
        side={
          <>
            <Caption>about</Caption>
            <Pairs
              of={[
                ['Slug', <code key="slug">{integration.slug}</code>],
                ['Created', <Time key="created" at={integration.createdAt} date />],
                ['Approved', integration.approvedAt && <Time at={integration.approvedAt} date />],
                ['Beta ends', integration.betaEndsAt && <Time at={integration.betaEndsAt} date />],
                ['Published', integration.publishedAt && <Time at={integration.publishedAt} />],
                ['Last change', <Time key="updated" at={integration.updatedAt} />],
              ]}
            />
            <LastEvents slug={slug} />
          </>
        }
      >
        <Panel>
          <div className={css.group}>
            <h2>{state(integration, round)}</h2>
            {next && (
              <p>{next.place && next.action ? `Next: ${next.words.toLowerCase()}.` : `${next.words}.`}</p>
            )}
            <Actions>
              {next?.place && next.action && (
                <PlaceButton slug={slug} place={next.place} look="primary">
                  {next.action}
                </PlaceButton>
              )}
              {(integration.status === 'PUBLIC_BETA' || integration.status === 'PUBLIC') && (
                <OutsideButton href={`/catalog/${slug}`}>Open in the catalog</OutsideButton>
              )}
            </Actions>
          </div>
        </Panel>
        {integration.approvedAt && <SinceApproval slug={slug} />}
        {comments.length > 0 && (
          <Section title="From the review" sub="Mend each, then say that it is resolved.">
            <Comments slug={slug} comments={comments} />
          </Section>
        )}
        <Section
          title="Checklist"
          sub={
            checklist.data
              ? `${checklist.data.done} of ${checklist.data.items.length} done. Submitting is open when all are.`
              : undefined
          }
        >
          <Loaded query={checklist} rows={8}>
            {({ items }) => <Checklist slug={slug} items={items} />}
          </Loaded>
        </Section>
        {integration.status.startsWith('PRIVATE') && (
          <Section title="The way to the catalog">
            <Walk
              slug={slug}
              integration={integration}
              done={(key) => !!items?.find((item) => item.key === key)?.done}
              ready={!!checklist.data?.ready}
            />
          </Section>
        )}
      </Columns>
    </Body>
  )
}

function SinceApproval({ slug }: { slug: string }) {
  return <Beta beta={useQuery(betaQuery(slug))} />
}

/** The state in a sentence. */
function state(integration: Integration, round: Submission | undefined): string {
  switch (integration.status) {
    case 'PRIVATE_BUILDING':
      return round
        ? 'The review asked for changes.'
        : 'It is private: your team and the workspaces you add it to see it.'
    case 'PRIVATE_SUBMITTED':
      return 'It is with the reviewers; what was submitted is frozen.'
    case 'PRIVATE_BETA':
      return 'It is in private beta: whoever has its link can add it.'
    case 'PUBLIC_BETA':
      return integration.betaEndsAt
        ? `It is in every catalog as a beta, until ${exactly(integration.betaEndsAt)}.`
        : 'It is in every catalog as a beta.'
    case 'PUBLIC':
      return 'It is public: in every catalog.'
    case 'DEPRECATED':
      return 'It is deprecated: whoever has it keeps it, and nobody new can add it.'
    case 'UNAVAILABLE':
      return `It was removed${integration.removedReason ? `: ${integration.removedReason}` : '.'}`
  }
}

function Walk({
  slug,
  integration,
  done,
  ready,
}: {
  slug: string
  integration: Integration
  done: (key: string) => boolean
  ready: boolean
}) {
  const submitted = integration.status !== 'PRIVATE_BUILDING'
  const listed = ['description', 'website', 'category', 'logo', 'mark', 'supportEmail'].every(done)
  const steps = [
    { title: 'Create the source', text: 'Name and slug.', done: true },
    {
      title: 'Fill in the catalog info',
      text: 'Description, categories, logo and mark, support address.',
      done: listed,
      place: { tab: 'catalog-info' },
    },
    {
      title: 'Declare the events',
      text: 'By hand, or learned from what arrived in a test workspace.',
      done: done('events'),
      place: { tab: 'events' },
    },
    {
      title: 'Write the documentation',
      text: 'The sections of the template; most of it is filled in for you.',
      done: done('documentation'),
      place: { tab: 'documentation' },
    },
    {
      title: 'Add it to a workspace',
      text: 'It opens on the page with the write key, which goes into your product.',
      done: done('installed'),
      place: { tab: 'settings' },
    },
    {
      title: 'See events arrive',
      text: 'Do in your product what a customer would do, and watch the debugger.',
      done: done('testEvents'),
      place: { tab: 'test' },
    },
    {
      title: 'Submit for review',
      text: 'Reviewers judge exactly what you submitted.',
      done: submitted,
      place: { tab: 'review' },
      now: ready,
    },
    {
      title: 'Beta, then public',
      text: 'Approved, it stands in every catalog as a beta, and becomes public when its beta is over.',
      done: false,
    },
  ] as const
  return (
    <Steps
      of={steps.map((step) => ({
        key: step.title,
        title:
          'place' in step && !step.done ? (
            <PlaceLink slug={slug} place={step.place}>
              {step.title}
            </PlaceLink>
          ) : (
            step.title
          ),
        done: step.done,
        children: <span>{step.text}</span>,
      }))}
    />
  )
}

function LastEvents({ slug }: { slug: string }) {
  const workspaces = useQuery(workspacesQuery).data
  const installs = useQuery({ ...installsQuery(slug, workspaces ?? []), enabled: !!workspaces })
  if (!installs.data || installs.data.length === 0) return null
  return (
    <>
      <Caption>last event</Caption>
      <Pairs
        of={installs.data.map(({ workspace, source }) => [
          workspace.slug,
          <span key={source.id}>
            <Time at={source.lastDataAt} />{' '}
            <Link to="/w/$ws/sources/$source/debugger" params={{ ws: workspace.slug, source: source.slug }}>
              Debugger<Spoken> of {source.name}</Spoken>
            </Link>
          </span>,
        ])}
      />
    </>
  )
}
