/*
 * The Java compiler of a sandbox, in one virtual machine: sources in, one runnable jar out.
 *
 *     java -cp compile.jar Compile OUT.jar ./A.java ./b/B.java …
 *
 * Two things that javac does not do: a public class may be in a file of any name, as programs that
 * come without one need, and the first class with a main method becomes the jar's main class.
 * Exit status: 0 made, 1 the program is wrong (said on stderr).
 */

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

public final class Compile {
    private static final List<String> OPTIONS = List.of("-nowarn", "-proc:none", "-XDuseUnsharedTable");

    public static void main(String[] arguments) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<JavaFileObject> sources = new ArrayList<>();
        for (int i = 1; i < arguments.length; i++) {
            sources.add(new Source(arguments[i]));
        }
        JavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
        Memory made = new Memory(files);
        PrintWriter log = new PrintWriter(System.err, true);
        if (!compiler.getTask(log, made, null, OPTIONS, null, sources).call()) {
            System.exit(1);
        }
        write(arguments[0], made.classes, mainClass(made.classes));
    }

    /** The first class, in the compiler's order, with {@code public static void main(String[])}. */
    private static String mainClass(Map<String, ByteArrayOutputStream> classes) {
        ClassLoader loader = new ClassLoader() {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
                ByteArrayOutputStream found = classes.get(name);
                if (found == null) {
                    throw new ClassNotFoundException(name);
                }
                return defineClass(name, found.toByteArray(), 0, found.size());
            }
        };
        for (String name : classes.keySet()) {
            try {
                Class.forName(name, false, loader).getMethod("main", String[].class);
                return name;
            } catch (ReflectiveOperationException | LinkageError notThisOne) {
                continue;
            }
        }
        System.err.println("error: no class has a method public static void main(String[])");
        System.exit(1);
        return null;
    }

    private static void write(String to, Map<String, ByteArrayOutputStream> classes, String main)
            throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main);
        try (JarOutputStream jar = new JarOutputStream(new FileOutputStream(to), manifest)) {
            jar.setLevel(0);
            for (Map.Entry<String, ByteArrayOutputStream> each : classes.entrySet()) {
                jar.putNextEntry(new JarEntry(each.getKey().replace('.', '/') + ".class"));
                each.getValue().writeTo(jar);
            }
        }
    }

    /** A source file that may hold a public class of any name. */
    private static final class Source extends SimpleJavaFileObject {
        private final Path path;

        Source(String name) {
            super(Path.of(name).toUri(), Kind.SOURCE);
            path = Path.of(name);
        }

        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return true;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) throws IOException {
            return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
        }

        @Override
        public String getName() {
            return path.normalize().toString();
        }
    }

    /** Keeps the classes that are made. */
    private static final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
        final Map<String, ByteArrayOutputStream> classes = new LinkedHashMap<>();

        Memory(JavaFileManager files) {
            super(files);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            classes.put(name, bytes);
            return new SimpleJavaFileObject(URI.create("memory:/" + name.replace('.', '/')), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return bytes;
                }
            };
        }
    }
}
