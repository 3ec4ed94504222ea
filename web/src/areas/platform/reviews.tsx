import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Filter, Filters } from '../../kit/filters'
import { Loaded } from '../../kit/loaded'
import { Body, Empty, PageHead, Toolbar, useTitle } from '../../kit/page'
import { Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import { Due, RoundBadge } from './due'
import { reviewsQuery } from './queries'

/** The queue of submissions. */
export function Reviews() {
  useTitle('Reviews')
  const { show } = getRouteApi('/platform/reviews').useSearch()
  const list = useQuery(reviewsQuery(show === 'all' ? 'all' : undefined))
  return (
    <>
      <PageHead
        title="Reviews"
        sub="What partners have submitted, the oldest first. An answer is promised within two business days."
      />
      <Body>
        <Toolbar>
          <Filters label="Reviews">
            <Filter to="/platform/reviews" search={{}} activeOptions={{ exact: true }}>
              Open
            </Filter>
            <Filter to="/platform/reviews" search={{ show: 'all' }} activeOptions={{ exact: true }}>
              All
            </Filter>
          </Filters>
        </Toolbar>
        <Loaded query={list}>
          {(submissions) =>
            submissions.length === 0 ? (
              <Empty title="Nothing to review">
                <p>
                  When a partner submits a source, or a change of a published one, it waits here with all that
                  it takes to decide.
                </p>
              </Empty>
            ) : (
              <Table
                label="Reviews"
                rows={submissions}
                id={(row) => row.id}
                columns={[
                  {
                    head: 'integration',
                    cell: ({ id, name, slug }) => (
                      <Name below={slug}>
                        <Link to="/platform/reviews/$id" params={{ id }}>
                          {name}
                        </Link>
                      </Name>
                    ),
                  },
                  { head: 'owner', cell: ({ partner }) => partner ?? '–' },
                  { head: 'purpose', cell: ({ purpose }) => (purpose === 'edit' ? 'Edit' : 'Launch') },
                  { head: 'round', number: true, cell: ({ number }) => number },
                  { head: 'submitted', cell: ({ submittedAt }) => <Time at={submittedAt} /> },
                  {
                    head: 'state',
                    cell: ({ status, age }) =>
                      status === 'open' ? <Due age={age} /> : <RoundBadge status={status} />,
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Body>
    </>
  )
}
