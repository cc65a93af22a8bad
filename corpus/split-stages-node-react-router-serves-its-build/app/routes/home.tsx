export async function loader() {
  return { next: "17:40" };
}

export default function Home({ loaderData }: { loaderData: { next: string } }) {
  return <h1>The next ferry leaves at {loaderData.next}</h1>;
}
