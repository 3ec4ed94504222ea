import type { Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Empty, Muted, Section } from '../../../kit/page'
import { Name, Table } from '../../../kit/table'

/** What the source declares that it sends. */
export function Events({
  info,
  commentOn,
}: {
  info: Shapes['Info']
  commentOn: ((event: string) => void) | undefined
}) {
  const events = info.events ?? []
  if (events.length === 0) return <Empty title="It declares no events" />
  return events.map(({ name, kind, description, properties }) => {
    const event = name || kind || ''
    return (
      <Section
        key={`${kind} ${name}`}
        title={event}
        sub={
          <>
            <Badge>{kind}</Badge> {description}
          </>
        }
        actions={
          commentOn && (
            <Button look="quiet" small aria-label={`Comment on ${event}`} onClick={() => commentOn(event)}>
              Comment
            </Button>
          )
        }
      >
        {(properties ?? []).length === 0 ? (
          <Muted>Without properties.</Muted>
        ) : (
          <Table
            label={`Properties of ${event}`}
            rows={properties ?? []}
            id={(property) => property.name ?? ''}
            columns={[
              {
                head: 'property',
                cell: ({ name: key, type }) => (
                  <Name below={type}>
                    <code>{key}</code>
                  </Name>
                ),
              },
              { head: 'always', cell: ({ required }) => (required ? 'yes' : 'no') },
              { head: 'description', cell: ({ description: text }) => text ?? '–' },
            ]}
          />
        )}
      </Section>
    )
  })
}
