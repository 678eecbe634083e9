// The likeliest classes of an image, as the teacher and as the student of a DarkSight map see it.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const WHO = ['teacher', 'student'];

  // Images of a map up to which those of all are fetched at once; of more, those of each image that is asked for.
  darkroom.mostTops = 200_000;

  const ofAll = async ({map, count}, image) => {
    const arrays = await Promise.all(WHO.flatMap((who) => [`${who}_classes`, `${who}_shares`]).map((name) => darkroom.array(map, name)));
    const pairs = WHO.map((who, number) => {
      const [classes, shares] = arrays.slice(2 * number, 2 * number + 2);
      const width = classes.length / count;
      return [who, Array.from({length: width}, (_, place) => [classes[image * width + place], shares[image * width + place]])];
    });
    return Object.fromEntries(pairs);
  };

  const ofOne = async ({map}, image) => {
    const response = await fetch(`/darksight-top/${map}/${image}`);
    if (!response.ok) throw new Error(`the likeliest classes of image ${image}: ${response.status}`);
    return response.json();
  };

  // `source` has `map`, the map's result key, and `count`, of its images. Promises {teacher, student}, each [[class, share], …],
  // the likeliest first. Fails where they cannot be fetched.
  darkroom.topsOf = (source, image) => (source.count <= darkroom.mostTops ? ofAll : ofOne)(source, image);
})();
