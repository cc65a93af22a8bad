export async function getServerSideProps() {
  return { props: { name: process.env.SITE_NAME || 'next' } };
}

export default function Home({ name }) {
  return <h1>{`rendered by ${name}`}</h1>;
}
